import { Agent, request } from 'node:http';

export interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

/**
 * JSON over connections that are kept, as a browser's or another server's are. Leaner than `fetch`, since it works on the
 * same processors as what it measures.
 */
export class Http {
  private readonly agent = new Agent({ keepAlive: true });

  constructor(private readonly address: { readonly host: string; readonly port: number }) {}

  /** @throws unless it is answered with this status */
  async must(status: number, path: string, body: object, token?: string): Promise<Answer['body']> {
    const answer = await this.post(path, body, token);
    if (answer.status === status) return answer.body;
    throw new Error(`POST ${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  }

  close(): void {
    this.agent.destroy();
  }

  private post(path: string, body: object, token: string | undefined): Promise<Answer> {
    const text = JSON.stringify(body);
    const headers = {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    };
    return new Promise((resolve, reject) => {
      const sent = request({ ...this.address, agent: this.agent, method: 'POST', path, headers }, (response) => {
        let said = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          said += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(said || '{}') }));
        response.on('error', reject);
      });
      sent.on('error', reject);
      sent.end(text);
    });
  }
}
