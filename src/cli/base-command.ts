import { Command, Flags } from "@oclif/core";
import { findProject, type Project } from "../app.ts";
import type { Notice } from "../core/dataset.ts";
import { ExitCode, messageOf, UserError } from "../core/errors.ts";
import { visible } from "./text.ts";

/** What every command of ours shares: global flags, and errors that say what, where and how to mend it. */
export abstract class BaseCommand extends Command {
  static override enableJsonFlag = true;

  static override baseFlags = {
    project: Flags.string({
      description: "Project folder; the nearest one above the current folder when absent",
      env: "DISEASE_PROJECT",
      helpGroup: "GLOBAL",
      helpValue: "DIR",
    }),
    "no-color": Flags.boolean({
      description: "Plain text (NO_COLOR does the same)",
      env: "DISEASE_NO_COLOR",
      helpGroup: "GLOBAL",
    }),
  };

  /** The project of `--project` or the current folder. */
  protected projectOf(flags: { readonly project?: string; readonly "no-color"?: boolean }): Project {
    if (flags["no-color"]) process.env.NO_COLOR = "1";
    return findProject(process.cwd(), flags.project);
  }

  /** Things worth knowing go to standard error, so that standard output stays clean. */
  protected readonly notify = (notice: Notice): void => {
    this.logToStderr(`note: ${visible(notice.message)}`);
  };

  protected override async catch(error: Error & { exitCode?: number; oclif?: { exit?: number } }): Promise<void> {
    if (error instanceof UserError) {
      process.exitCode = error.exitCode;
      if (this.jsonEnabled()) return this.logJson(this.toErrorJson(error));
      this.logToStderr(renderError(error));
      return;
    }
    // The parser's errors and this.exit() are oclif's own and carry their exit code.
    if (error.oclif || error.name === "ExitError") return super.catch(error);
    process.exitCode = ExitCode.bug;
    if (this.jsonEnabled()) return this.logJson(this.toErrorJson(error));
    this.logToStderr(
      `error: ${visible(messageOf(error))} (a bug in disease; please report it with what follows)\n${error.stack}`,
    );
  }

  protected override toErrorJson(error: unknown): object {
    const { name, exitCode, where, fix } = error as Partial<UserError>;
    return {
      error: { name, message: messageOf(error), where, fix, exitCode: exitCode ?? process.exitCode ?? ExitCode.bug },
    };
  }
}

function renderError(error: UserError): string {
  const lines = [`error: ${visible(error.message)}`];
  if (error.where !== undefined) lines.push(`   at: ${visible(error.where)}`);
  lines.push(...error.fix.map((line, i) => `${i === 0 ? "  fix: " : "       "}${visible(line)}`));
  return lines.join("\n");
}
