/** Files of rules (gates, monitors): where they are found, and how their entries are read. */
import type { z } from "zod";
import { UserError } from "../core/errors.ts";
import type { RuleList } from "../core/formats/rule-file.ts";
import { keysAt } from "./config.ts";
import { type LocatedYaml, type Path, suggestion, zodError } from "./located.ts";

/** A rule as a file names it, with its params checked. */
export interface RuleEntry<R> {
  readonly id: string;
  readonly rule: R;
  readonly params: unknown;
  /** Lets the errors of an evaluation say the line of the file. */
  at<T>(evaluate: () => T): T;
}

/**
 * Reads the entries under `rules`.
 * @param known rules by id, loaded when they are named
 * @throws UserError with the line, and the nearest right name
 */
export function readRules<R extends { readonly params: z.ZodType }>(
  list: RuleList,
  yaml: LocatedYaml,
  known: Readonly<Record<string, () => Promise<R>>>,
): Promise<readonly RuleEntry<R>[]> {
  return Promise.all(list.map((entry, i) => readRule(entry, yaml, ["rules", i], known)));
}

async function readRule<R extends { readonly params: z.ZodType }>(
  entry: RuleList[number],
  yaml: LocatedYaml,
  path: Path,
  known: Readonly<Record<string, () => Promise<R>>>,
): Promise<RuleEntry<R>> {
  const pairs: [string, unknown][] = typeof entry === "string" ? [[entry, {}]] : Object.entries(entry);
  if (pairs.length !== 1) {
    throw new UserError(`${path.join(".")}: one rule an entry, found ${pairs.length}`, {
      where: yaml.where(path),
      fix: "Begin each rule with its own dash.",
    });
  }
  const [id, given] = pairs[0];
  const load = Object.hasOwn(known, id) ? known[id] : undefined;
  const where = typeof entry === "string" ? yaml.where(path) : yaml.where(path, id);
  if (!load) throw new UserError(`unknown rule "${id}"`, { where, fix: suggestion(id, Object.keys(known)) });
  const rule = await load();
  const params = rule.params.safeParse(given ?? {});
  if (!params.success) throw zodError(params.error, yaml, [...path, id], (p) => keysAt(rule.params, p));
  return {
    id,
    rule,
    params: params.data,
    at(evaluate) {
      try {
        return evaluate();
      } catch (error) {
        if (!(error instanceof UserError) || error.where !== undefined) throw error;
        throw new UserError(error.message, { exitCode: error.exitCode, where, fix: error.fix, cause: error });
      }
    },
  };
}

/** The name of a file, for one whose text has none. */
export const stemOf = (file: string): string => file.replace(/^.*[\\/]/, "").replace(/\.ya?ml$/, "");
