/** A note that cannot be read; its message never has words of the note. */
export class NoteProblem extends Error {
  /** From 1. */
  readonly line: number | undefined;

  constructor(message: string, line?: number) {
    super(message);
    this.name = "NoteProblem";
    this.line = line;
  }
}
