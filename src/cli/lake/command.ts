import { Flags } from "@oclif/core";
import { type Lake, openLake } from "../../app.ts";
import { ExitCode, UserError } from "../../core/errors.ts";
import { BaseCommand } from "../base-command.ts";
import { cut, size } from "../text.ts";

export const lakeMemoryFlag = Flags.string({
  description: "Memory for DuckDB, e.g. 2GB; a quarter of the machine's when absent",
  env: "DISEASE_MEMORY",
  helpValue: "SIZE",
});

/** What the commands on the data lake share. */
export abstract class LakeCommand extends BaseCommand {
  protected lakeOf(
    flags: Parameters<BaseCommand["projectOf"]>[0] & { readonly memory?: string; readonly jobs?: number },
  ): Lake {
    const { memory, jobs } = flags;
    return openLake(this.projectOf(flags), { memory, threads: jobs, notify: this.notify });
  }

  /** Does something that Ctrl-C stops, and tells how many bytes are done. */
  protected async working<T>(
    what: string,
    action: (ears: { readonly signal: AbortSignal; onProgress(done: number, total: number): void }) => Promise<T>,
  ): Promise<T> {
    const stop = new AbortController();
    const onSignal = (): void => stop.abort(new UserError("interrupted", { exitCode: ExitCode.interrupted }));
    const signals = ["SIGINT", "SIGTERM"] as const;
    for (const signal of signals) process.once(signal, onSignal);
    const stream = process.stderr;
    const isLive = stream.isTTY === true && !process.env.CI && process.env.TERM !== "dumb";
    let last = 0;
    try {
      return await action({
        signal: stop.signal,
        onProgress(done, total) {
          if (!isLive || performance.now() - last < 100) return;
          last = performance.now();
          stream.write(
            `\r\x1b[K${cut(`${what} ${size(done)} of ${size(total)}`, Math.max(10, (stream.columns || 80) - 1))}`,
          );
        },
      });
    } finally {
      if (isLive) stream.write("\r\x1b[K");
      for (const signal of signals) process.off(signal, onSignal);
    }
  }
}
