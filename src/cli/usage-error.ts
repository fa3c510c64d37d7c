import { stripVTControlCharacters } from "node:util";
import { suggestion } from "../app.ts";
import { UserError } from "../core/errors.ts";

/** What oclif's parser knows of its errors beside the message. */
interface ParserError extends Error {
  readonly oclif?: { readonly exit?: number };
  /** Flags that do not exist, as typed. */
  readonly flags?: readonly string[];
  /** Arguments that are missing, or texts that are too many. */
  readonly args?: readonly ({ readonly name: string; readonly description?: string } | string)[];
}

/**
 * An error of oclif's parser in our words; undefined for any other error.
 * @param command its flags are what a wrong one is compared with
 */
export function usageError(
  error: ParserError,
  bin: string,
  command: { readonly id: string; readonly flags?: object; readonly baseFlags?: object },
): UserError | undefined {
  if (error.oclif === undefined) return undefined;
  const help = `See: ${bin} ${command.id.replaceAll(":", " ")} --help`;
  const flag = error.flags?.[0];
  if (flag !== undefined) {
    const known = Object.keys({ ...command.baseFlags, ...command.flags }).map((name) => `--${name}`);
    return new UserError(`unknown flag ${flag}`, { fix: [suggestion(flag, known), help] });
  }
  const arg = error.args?.[0];
  if (typeof arg === "string") return new UserError(`unexpected argument "${arg}"`, { fix: help });
  if (arg) return new UserError(`missing ${arg.name.toUpperCase()}: ${arg.description}`, { fix: help });
  const lines = stripVTControlCharacters(error.message)
    .replace(/^The following errors? occurred:/, "")
    .replace(/^Parsing (\S+)\s+/, "$1: ")
    .trim();
  return new UserError(lines.split("\n")[0]!, { fix: help });
}
