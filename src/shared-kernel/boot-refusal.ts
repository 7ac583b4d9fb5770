/** What a module says about its messages cannot hold: `message` lists every reason with what to do about it. */
export class BootRefusal extends Error {
  override readonly name = 'BootRefusal';
  readonly mend =
    'Correct it there; "npx seamline check --only topology" finds what the sources tell of it, with file and line.';

  constructor(title: string, problems: readonly string[]) {
    super([title, ...problems.map((problem) => `  ${problem}`)].join('\n'));
  }
}
