import { z } from "zod";
import { UserError } from "../core/errors.ts";
import type { GateContext, GateRule, RuleVerdict } from "../core/gate.ts";
import { hashBytes } from "../core/hash.ts";
import { rules } from "../gates/index.ts";
import { keysAt } from "./config.ts";
import { type LocatedYaml, type Path, parseLocated, suggestion, zodError } from "./located.ts";

/** What a gate file holds; the params of each rule are checked by the rule's own schema. */
export const gateSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[\p{L}\p{N}][\p{L}\p{N} _.-]{0,99}$/u, "letters, digits, space, _ . - only, a letter or digit first")
    .optional()
    .describe("The file's name when absent"),
  description: z.string().optional(),
  rules: z
    .array(z.union([z.string(), z.record(z.string(), z.unknown())]))
    .min(1, "a gate without a rule would pass anything")
    .describe("Each a rule's name, or {name: {params}}; the gate passes when all of them do"),
});

export interface GateEntry {
  readonly id: string;
  readonly params: Readonly<Record<string, unknown>>;
  /** @throws UserError with the line of the gate file when the rule does not fit the data */
  evaluate(context: GateContext): readonly RuleVerdict[];
}

/** A gate file, read and checked. */
export interface Gate {
  readonly name: string;
  readonly description: string;
  readonly file: string;
  /** SHA-256 of the text. */
  readonly hash: string;
  readonly entries: readonly GateEntry[];
}

/**
 * Reads a gate.
 * @param file name for messages; its stem is the gate's name where the text has none
 * @throws UserError with file, line and the nearest right key
 */
export async function parseGate(file: string, text: string): Promise<Gate> {
  const yaml = parseLocated(file, text);
  const parsed = gateSchema.safeParse(yaml.value ?? {});
  if (!parsed.success) throw zodError(parsed.error, yaml, [], (path) => keysAt(gateSchema, path));
  const { name, description = "", rules: list } = parsed.data;
  const stem = file.replace(/^.*[\\/]/, "").replace(/\.ya?ml$/, "");
  return {
    name: name ?? stem,
    description,
    file,
    hash: hashBytes(text),
    entries: await Promise.all(list.map((entry, i) => readEntry(entry, yaml, ["rules", i]))),
  };
}

async function readEntry(entry: string | Record<string, unknown>, yaml: LocatedYaml, path: Path): Promise<GateEntry> {
  const pairs: [string, unknown][] = typeof entry === "string" ? [[entry, {}]] : Object.entries(entry);
  if (pairs.length !== 1) {
    throw new UserError(`${path.join(".")}: one rule an entry, found ${pairs.length}`, {
      where: yaml.where(path),
      fix: "Begin each rule with its own dash.",
    });
  }
  const [id, given] = pairs[0];
  const load = Object.hasOwn(rules, id) ? rules[id] : undefined;
  const where = typeof entry === "string" ? yaml.where(path) : yaml.where(path, id);
  if (!load) throw new UserError(`unknown rule "${id}"`, { where, fix: suggestion(id, Object.keys(rules)) });
  const rule: GateRule = await load();
  const params = rule.params.safeParse(given ?? {});
  if (!params.success) throw zodError(params.error, yaml, [...path, id], (p) => keysAt(rule.params, p));
  return {
    id,
    params: params.data as Record<string, unknown>,
    evaluate(context) {
      if (context.candidate.scored.ranks !== undefined && !rule.rankings) return [notOnRankings(rule)];
      try {
        return rule.evaluate(context, params.data);
      } catch (error) {
        if (!(error instanceof UserError) || error.where !== undefined) throw error;
        throw new UserError(error.message, { exitCode: error.exitCode, where, fix: error.fix, cause: error });
      }
    },
  };
}

function notOnRankings({ id, title }: GateRule): RuleVerdict {
  const message = `${title} needs the probability of every class, which rankings of diseases do not have.`;
  return {
    rule: id,
    verdict: "inconclusive",
    ...{ value: null, low: null, high: null, n: null },
    message,
    bound: "data",
  };
}

export interface RuleHelp {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly params: readonly { readonly name: string; readonly description: string; readonly default: unknown }[];
}

/** Every rule that there is, with its params. */
export function listRules(): Promise<readonly RuleHelp[]> {
  return Promise.all(
    Object.values(rules).map(async (load) => {
      const { id, title, description, params } = await load();
      interface Field {
        readonly description?: string;
        readonly default?: unknown;
      }
      const json = z.toJSONSchema(params, { io: "input", unrepresentable: "any" });
      return {
        id,
        title,
        description,
        params: Object.entries((json.properties ?? {}) as Record<string, Field>).map(([name, field]) => ({
          name,
          description: field.description ?? "",
          default: field.default ?? null,
        })),
      };
    }),
  );
}
