/** Tries that came to an end without the database hearing of it: it is told as soon as it can be. */
export class Unheard {
  private readonly ids = new Set<string>();

  note(ids: readonly string[]): void {
    for (const id of ids) this.ids.add(id);
  }

  get all(): string[] {
    return [...this.ids];
  }

  /** Has `tell` say it; what was told is known then, and what was noted meanwhile is still to be told. */
  async tell<Result>(tell: (ids: readonly string[]) => Promise<Result>): Promise<Result> {
    const told = this.all;
    const result = await tell(told);
    for (const id of told) this.ids.delete(id);
    return result;
  }
}
