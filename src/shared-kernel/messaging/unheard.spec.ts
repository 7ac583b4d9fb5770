import { describe, expect, it } from '@jest/globals';
import { Unheard } from './unheard.js';

describe('ends of tries that the database has not heard of', () => {
  it('are told once', async () => {
    const unheard = new Unheard();
    unheard.note(['a', 'b']);
    expect(await unheard.tell(async (ids) => ids)).toEqual(['a', 'b']);
    expect(unheard.all).toEqual([]);
  });

  it('are told again when they could not be', async () => {
    const unheard = new Unheard();
    unheard.note(['a']);
    await expect(unheard.tell(() => Promise.reject(new Error('away')))).rejects.toThrow('away');
    expect(unheard.all).toEqual(['a']);
  });

  it('are still to be told when they came while others were, and by several at once', async () => {
    const unheard = new Unheard();
    unheard.note(['a']);
    const noting = async (id: string) => {
      await Promise.resolve();
      unheard.note([id]);
    };
    await Promise.all(['b', 'c'].map((id) => unheard.tell(() => noting(id))));
    expect(unheard.all).toEqual(['b', 'c']);
  });
});
