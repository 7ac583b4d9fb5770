import type { FastifyInstance } from 'fastify';

/** Which methods a path knows, so that a wrong method is answered 405 with `Allow` (RFC 9110, 15.5.6) and not 404. */
export class RouteTable {
  private readonly methods = new Map<string, Set<string>>();

  /** Must come before the first route. */
  constructor(fastify: FastifyInstance) {
    fastify.addHook('onRoute', ({ url, method }) => {
      const known = this.methods.get(url) ?? new Set();
      for (const name of [method].flat()) known.add(name);
      this.methods.set(url, known);
    });
  }

  /**
   * Empty for a path that no route has. Of several patterns the one that says most of the path by name counts: what takes
   * POST at `/messages/retry` is no message that `GET /messages/:id` could show.
   */
  methodsOf(url: string): string[] {
    const path = (url.split('?', 1)[0] ?? '').split('/');
    const known = [...this.methods]
      .map(([pattern, methods]) => ({ pattern: pattern.split('/'), methods }))
      .filter(({ pattern }) => matches(pattern, path));
    const most = Math.max(...known.map(({ pattern }) => namedIn(pattern)));
    const meant = known.filter(({ pattern }) => namedIn(pattern) === most);
    return [...new Set(meant.flatMap(({ methods }) => [...methods]))].sort();
  }

  /** Whether some route begins as this path does: all that do so live in one app. */
  knowsBeginningOf(url: string): boolean {
    return [...this.methods.keys()].some((pattern) => beginningOf(pattern) === beginningOf(url));
  }
}

function beginningOf(path: string): string {
  return path.split(/[/?]/, 2)[1] ?? '';
}

function namedIn(pattern: readonly string[]): number {
  return pattern.filter((part) => !part.startsWith(':')).length;
}

function matches(pattern: string[], path: string[]): boolean {
  if (pattern.at(-1) === '*') return false;
  return pattern.length === path.length && pattern.every((part, at) => partMatches(part, path[at] ?? ''));
}

function partMatches(pattern: string, part: string): boolean {
  return pattern.startsWith(':') ? part !== '' : pattern === part;
}
