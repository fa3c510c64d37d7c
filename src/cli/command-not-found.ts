import type { Hook } from "@oclif/core";
import { suggestion } from "../app.ts";
import { UserError } from "../core/errors.ts";
import { renderError } from "./base-command.ts";

/** oclif's hook for a command that does not exist: the nearest one that does, and exit code 2. */
const commandNotFound: Hook.CommandNotFound = async ({ id, config }) => {
  const [first, second] = id.split(":");
  const words = second !== undefined && config.findTopic(first!) ? `${first} ${second}` : first!;
  const known = config.commands.filter((c) => !c.hidden).map((c) => c.id.replaceAll(":", " "));
  const error = new UserError(`no command "${words}"`, {
    fix: [suggestion(words, known), `See: ${config.bin} --help`],
  });
  process.stderr.write(`${renderError(error)}\n`);
  process.exit(error.exitCode);
};

export default commandNotFound;
