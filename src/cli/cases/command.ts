import { BaseCommand } from "../base-command.ts";
import { createCounter } from "./view.ts";

/** What the commands over cases share: they tell how far they are. */
export abstract class CasesCommand extends BaseCommand {
  protected async counting<T>(
    what: string,
    action: (ears: {
      readonly signal: AbortSignal;
      readonly notify: BaseCommand["notify"];
      onProgress(done: number, total: number): void;
    }) => Promise<T>,
  ): Promise<T> {
    const counter = createCounter(process.stderr, what);
    try {
      return await action({
        signal: new AbortController().signal,
        notify: this.notify,
        onProgress: (done, total) => counter.tell(done, total),
      });
    } finally {
      counter.close();
    }
  }
}
