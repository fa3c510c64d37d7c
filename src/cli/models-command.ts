import { Flags } from "@oclif/core";
import { type Act, exitCodeOf, type RunChoice, sentenceOf, shellWord, type Workbench, withRegistry } from "../app.ts";
import { UserError } from "../core/errors.ts";
import { ask, canAsk } from "./ask.ts";
import { BaseCommand } from "./base-command.ts";
import { paint, visible } from "./text.ts";

export const reasonFlag = Flags.string({ description: "Why; kept in the audit trail", env: "DISEASE_REASON" });

export const confirmFlag = Flags.string({
  description: "Name of the model, instead of typing it when asked",
  env: "DISEASE_CONFIRM",
  helpValue: "NAME",
});

/** The run that flags mean; undefined when they mean none. */
export function runChoice(
  run: string | undefined,
  experiment: string | undefined,
  name: string | undefined,
): RunChoice | undefined {
  if (run !== undefined) return { run, name };
  return experiment === undefined ? undefined : { experiment, name };
}

/** What the commands on registered models share. */
export abstract class ModelsCommand extends BaseCommand {
  /** Does something with the registry, opened for writing. */
  protected async withModels<T>(
    flags: Parameters<BaseCommand["projectOf"]>[0],
    action: (bench: Workbench) => Promise<T>,
    options: { readonly readOnly?: boolean } = {},
  ): Promise<T> {
    return withRegistry(this.projectOf(flags), this.notify, options, action);
  }

  /** The same for what only reads. */
  protected async readingModels<T>(
    flags: Parameters<BaseCommand["projectOf"]>[0],
    action: (bench: Workbench) => Promise<T>,
  ): Promise<T> {
    return this.withModels(flags, action, { readOnly: true });
  }

  /**
   * Lets a destructive act go on when its name was given, or is typed now; nothing is asked where nobody can answer.
   * @throws UserError otherwise
   */
  protected async confirm(what: string, name: string, given: string | undefined): Promise<void> {
    const typed =
      given ?? (canAsk(this.jsonEnabled()) ? await ask(`${what}. Type ${visible(name)} to go on: `) : undefined);
    if (typed === name) return;
    throw new UserError(
      typed === undefined ? `${what}: that must be confirmed` : "that is not the name; nothing was done",
      { fix: `Add --confirm ${visible(shellWord(name))}` },
    );
  }

  /** Says what an act did and how to take it back, and sets the exit code. */
  protected report(act: Act): Act {
    const good = act.result === "done" || act.result === "unchanged" || act.result === "passed";
    for (const rule of act.gate?.rules ?? []) {
      const mark = { pass: paint("good", "✓"), fail: paint("bad", "✗"), inconclusive: paint("warn", "?") }[
        rule.verdict
      ];
      this.log(`${mark} ${visible(rule.rule)}: ${visible(rule.message)}`);
    }
    const meaning = good ? "good" : act.result === "awaiting" ? "warn" : "bad";
    this.log(paint(meaning, visible(sentenceOf(act))));
    if (act.result === "awaiting") this.log(`approve: disease models approve ${visible(shellWord(act.model))}`);
    if (act.undo !== null) this.log(paint("dim", `to undo: ${visible(act.undo)}`));
    process.exitCode = exitCodeOf(act.result);
    return act;
  }
}

/** A time as tables show it, UTC. */
export function moment(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, 19).replace("T", " ");
}
