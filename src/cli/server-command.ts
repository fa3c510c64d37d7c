import { createInterface } from "node:readline/promises";
import { Flags } from "@oclif/core";
import { installMlflow, installPlan, type LocalServer, mlflowPython, type Project, startServer } from "../app.ts";
import { ExitCode, UserError } from "../core/errors.ts";
import { BaseCommand } from "./base-command.ts";
import { paint, visible } from "./text.ts";

/** What `track up` and `ui` share: MLflow's own server on the project's store. */
export abstract class ServerCommand extends BaseCommand {
  protected static serverFlags = {
    port: Flags.integer({
      description: "Port of 127.0.0.1; 5000 or the next free one when absent",
      env: "DISEASE_PORT",
      min: 1,
      max: 65_535,
    }),
    yes: Flags.boolean({
      char: "y",
      description: "Install MLflow without asking, when it is not there",
      env: "DISEASE_YES",
    }),
  };

  /** Starts the server, says where it is, does something, and waits until it ends: by Ctrl-C. */
  protected async serve(
    project: Project,
    flags: { readonly port?: number; readonly yes: boolean },
    onReady: (url: string) => void = () => {},
  ): Promise<{ url: string }> {
    const python = await this.python(flags.yes);
    const stop = new AbortController();
    const onSignal = (): void => stop.abort();
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, onSignal);
    this.logToStderr(paint("dim", "starting MLflow's server (this may take a minute) …", process.stderr));
    const server: LocalServer = await startServer(project, { python, port: flags.port, signal: stop.signal });
    stop.signal.addEventListener("abort", server.stop);
    this.log(server.url);
    this.logToStderr("Ctrl-C stops it");
    onReady(server.url);
    const code = await server.ended;
    if (code !== 0 && code !== null && !stop.signal.aborted) {
      throw new UserError(`MLflow's server ended by itself (${code})`, {
        exitCode: ExitCode.unreachable,
        where: server.url,
      });
    }
    return { url: server.url };
  }

  private async python(yes: boolean): Promise<string> {
    const { python, ready } = mlflowPython();
    if (ready) return python;
    if (!yes) await this.consent();
    await installMlflow((line) => this.logToStderr(paint("dim", visible(line), process.stderr)));
    return python;
  }

  private async consent(): Promise<void> {
    const plan = visible(installPlan());
    const fix = [`Agree with --yes: it installs ${plan}.`, "Or name a Python that has MLflow: DISEASE_MLFLOW=PYTHON."];
    if (!process.stdin.isTTY || !process.stderr.isTTY || process.env.CI) {
      throw new UserError("MLflow is not installed, and nobody can be asked", { fix });
    }
    const reader = createInterface({ input: process.stdin, output: process.stderr });
    try {
      const answer = await reader.question(`MLflow is not installed. Install ${plan}? [y/N] `);
      if (!/^y(es)?$/i.test(answer.trim())) throw new UserError("MLflow is not installed", { fix });
    } finally {
      reader.close();
    }
  }
}
