import { Args } from "@oclif/core";
import type { RunAct } from "../app.ts";
import { UserError } from "../core/errors.ts";
import { ask, canAsk } from "./ask.ts";
import { BaseCommand } from "./base-command.ts";
import { paint, visible } from "./text.ts";

const DONE: Readonly<Record<RunAct["act"], string>> = {
  tag: "tagged",
  note: "noted",
  delete: "deleted",
  restore: "restored",
};

/** With `strict = false`; oclif takes neither from a base class. */
export const runArgs = {
  runs: Args.string({ ignoreStdin: true, description: "Run ids, or their first digits", required: true }),
};

/** What the commands that change runs share. */
export abstract class RunsCommand extends BaseCommand {
  /** @throws UserError unless a person says yes */
  protected async agree(question: string): Promise<void> {
    const fix = "Add --yes.";
    if (!canAsk(this.jsonEnabled())) throw new UserError(`${question} Nobody can be asked`, { fix });
    if (!/^y(es)?$/i.test(await ask(`${question} [y/N] `))) throw new UserError("nothing was done", { fix });
  }

  /** Says what was done and how to take it back. */
  protected report(done: RunAct): RunAct {
    for (const { runId, name, changed } of done.runs) {
      const what = `${runId.slice(0, 8)} ${visible(name)}`;
      this.log(changed ? `${paint("good", DONE[done.act])} ${what}` : paint("dim", `as it was: ${what}`));
    }
    for (const undo of done.undo) this.log(paint("dim", `to undo: ${visible(undo)}`));
    return done;
  }
}

/** Tags as --set and --unset give them. @throws UserError where a text has no "=", or nothing is asked */
export function tagsOf(set: readonly string[], unset: readonly string[]): Record<string, string | null> {
  const pairs = set.map((text): [string, string] => {
    const at = text.indexOf("=");
    if (at < 1) throw new UserError(`"${text}" is no tag`, { where: "--set", fix: "Write KEY=VALUE." });
    return [text.slice(0, at).trim(), text.slice(at + 1)];
  });
  if (pairs.length + unset.length === 0) {
    throw new UserError("no tag is named", { where: "runs tag", fix: "Add --set KEY=VALUE, or --unset KEY." });
  }
  return Object.fromEntries([...pairs, ...unset.map((key): [string, null] => [key, null])]);
}
