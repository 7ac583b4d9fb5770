import { describe, expect, it } from '@jest/globals';
import { Lane } from './lane.js';

/** Works that end when told to. */
class Works {
  readonly begun: string[] = [];
  private readonly ends = new Map<string, () => void>();

  of = (name: string) => async (): Promise<string> => {
    this.begun.push(name);
    await new Promise<void>((resolve) => this.ends.set(name, resolve));
    return name;
  };

  async end(name: string): Promise<void> {
    this.ends.get(name)?.();
    await settled();
  }
}

const settled = () => new Promise(setImmediate);

describe('a lane', () => {
  it('runs as many works at once as it is wide, the others in the order they came', async () => {
    const lane = new Lane(2, 10);
    const works = new Works();
    const done = ['a', 'b', 'c', 'd'].map((name) => lane.run(works.of(name)));
    await settled();
    expect(works.begun).toEqual(['a', 'b']);
    await works.end('b');
    expect(works.begun).toEqual(['a', 'b', 'c']);
    for (const name of ['a', 'c', 'd']) await works.end(name);
    expect(await Promise.all(done)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('turns away whom it has no place to wait for', async () => {
    const lane = new Lane(1, 1);
    const works = new Works();
    const done = ['a', 'b'].map((name) => lane.run(works.of(name)));
    await expect(lane.run(works.of('c'))).rejects.toMatchObject({ kind: 'too-many', retryAfterSeconds: 1 });
    await works.end('a');
    await works.end('b');
    await Promise.all(done);
    expect(works.begun).toEqual(['a', 'b']);
  });

  it('is free again after works that failed', async () => {
    const lane = new Lane(1, 1);
    const failing = async () => {
      throw new Error('no');
    };
    for (let time = 0; time < 3; time++) await expect(lane.run(failing)).rejects.toThrow('no');
    await expect(lane.run(async () => 'yes')).resolves.toBe('yes');
  });
});
