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

  /** Empty for a path that no route has. */
  methodsOf(url: string): string[] {
    const path = url.split('?', 1)[0] ?? '';
    const known = [...this.methods].filter(([pattern]) => matches(pattern.split('/'), path.split('/')));
    return [...new Set(known.flatMap(([, methods]) => [...methods]))].sort();
  }
}

function matches(pattern: string[], path: string[]): boolean {
  if (pattern.at(-1) === '*') return false;
  return pattern.length === path.length && pattern.every((part, at) => partMatches(part, path[at] ?? ''));
}

function partMatches(pattern: string, part: string): boolean {
  return pattern.startsWith(':') ? part !== '' : pattern === part;
}
