import { UserError } from '../user-error.js';
import type { Credentials } from './credentials.js';
import { type Answer, type PatientHttp, problemIn } from './patient-http.js';

/** A token is renewed this long before it ends, so that none expires on its way. */
const MARGIN_MS = 60_000;

/** The admin's sign-in: a token that is always fresh, however many requests ask for it at once. */
export class Session {
  private token: string | undefined;
  private renewAt = 0;
  private signingIn: Promise<string> | undefined;

  constructor(
    private readonly http: PatientHttp,
    private readonly credentials: Credentials,
  ) {}

  async freshToken(): Promise<string> {
    if (this.token !== undefined && performance.now() < this.renewAt) return this.token;
    this.signingIn ??= this.signIn().finally(() => {
      this.signingIn = undefined;
    });
    return this.signingIn;
  }

  /** The server refused this token: unless another request has renewed it meanwhile, sign in anew. */
  discard(token: string): void {
    if (this.token === token) this.token = undefined;
  }

  private async signIn(): Promise<string> {
    const { email, password } = this.credentials;
    const answer = await this.http.send({ method: 'POST', path: '/identity/sessions', body: { email, password } });
    const { accessToken, expiresIn } = Object(answer.body) as { accessToken?: string; expiresIn?: number };
    if (Math.floor(answer.status / 100) !== 2 || !accessToken) throw this.refused(answer);
    this.token = accessToken;
    this.renewAt = performance.now() + Math.max(0, (expiresIn ?? 0) * 1000 - MARGIN_MS);
    return accessToken;
  }

  private refused(answer: Answer): UserError {
    const { email, source } = this.credentials;
    if (answer.status === 401 || answer.status === 403) {
      return new UserError(
        `${this.http.url} refuses the sign-in of ${email} (from ${source}).`,
        'Set SEAMLINE_ADMIN_EMAIL and SEAMLINE_ADMIN_PASSWORD to those of an admin of that system.',
      );
    }
    return new UserError(
      `${this.http.url} does not answer a sign-in as Seamline would: ${problemIn(answer)}.`,
      'Give the address of a running Seamline with --url.',
    );
  }
}
