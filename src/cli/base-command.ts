import { Command, Flags, ux } from "@oclif/core";
import { findProject, openStore, type Project } from "../app.ts";
import type { Notice } from "../core/dataset.ts";
import { ExitCode, messageOf, UserError } from "../core/errors.ts";
import type { TrackingStore } from "../core/store.ts";
import { visible, visibleJson } from "./text.ts";
import { usageError } from "./usage-error.ts";

/** What every command of ours shares: global flags, and errors that say what, where and how to mend it. */
export abstract class BaseCommand extends Command {
  static override enableJsonFlag = true;

  static override baseFlags = {
    json: Flags.boolean({ description: "Print JSON", env: "DISEASE_JSON", helpGroup: "GLOBAL" }),
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

  protected override async init(): Promise<void> {
    await super.init();
    // A reader that leaves (| head, a closed terminal) does not end a sweep; oclif forgives EPIPE on standard output alone.
    for (const stream of [process.stdout, process.stderr]) {
      stream.removeAllListeners("error").on("error", (error: NodeJS.ErrnoException) => {
        if (error.code !== "EPIPE" && error.code !== "EIO") throw error;
      });
    }
  }

  /** The project of `--project` or the current folder. */
  protected projectOf(flags: {
    readonly project?: string;
    readonly "no-color"?: boolean;
    readonly tracking?: string;
  }): Project {
    if (flags["no-color"]) process.env.NO_COLOR = "1";
    return findProject(process.cwd(), flags.project, flags.tracking);
  }

  /** Does something with the project's store, opened for reading, and closes it. */
  protected async reading<T>(
    flags: Parameters<BaseCommand["projectOf"]>[0],
    action: (store: TrackingStore) => Promise<T>,
  ): Promise<T> {
    const store = openStore(this.projectOf(flags), this.notify, { readOnly: true });
    try {
      return await action(store);
    } finally {
      store.close();
    }
  }

  /** Things worth knowing go to standard error, so that standard output stays clean. */
  protected readonly notify = (notice: Pick<Notice, "message">): void => {
    this.logToStderr(`note: ${visible(notice.message)}`);
  };

  override jsonEnabled(): boolean {
    return super.jsonEnabled() || /^(1|true|yes|y)$/i.test(process.env.DISEASE_JSON ?? "");
  }

  override logJson(json: unknown): void {
    ux.stdout(visibleJson(json));
  }

  protected override async catch(error: Error & { oclif?: { exit?: number } }): Promise<void> {
    if (error.name === "ExitError") return super.catch(error);
    const told = error instanceof UserError ? error : usageError(error, this.config.bin, this.ctor);
    process.exitCode = told?.exitCode ?? ExitCode.bug;
    if (this.jsonEnabled()) return this.logJson(this.toErrorJson(told ?? error));
    this.logToStderr(
      told
        ? renderError(told)
        : `error: ${visible(messageOf(error))} (a bug in disease; please report it with what follows)\n${error.stack}`,
    );
  }

  protected override toErrorJson(error: unknown): object {
    const { name, exitCode, where, fix } = error as Partial<UserError>;
    return { error: { name, message: messageOf(error), where, fix, exitCode: exitCode ?? ExitCode.bug } };
  }
}

export function renderError(error: UserError): string {
  const lines = [`error: ${visible(error.message)}`];
  if (error.where !== undefined) lines.push(`   at: ${visible(error.where)}`);
  lines.push(...error.fix.map((line, i) => `${i === 0 ? "  fix: " : "       "}${visible(line)}`));
  return lines.join("\n");
}
