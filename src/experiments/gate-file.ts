import { z } from "zod";
import { ruleFileName, ruleList } from "../core/formats/rule-file.ts";
import type { GateContext, GateRule, RuleVerdict } from "../core/gate.ts";
import { hashBytes } from "../core/hash.ts";
import { rules } from "../gates/index.ts";
import { keysAt } from "./config.ts";
import { parseLocated, zodError } from "./located.ts";
import { type RuleEntry, readRules, stemOf } from "./rule-file.ts";

/** What a gate file holds; the params of each rule are checked by the rule's own schema. */
export const gateSchema = z.strictObject({
  name: ruleFileName,
  description: z.string().optional(),
  rules: ruleList("gate").describe("Each a rule's name, or {name: {params}}; the gate passes when all of them do"),
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
  const entries = await readRules<GateRule>(list, yaml, rules);
  return { name: name ?? stemOf(file), description, file, hash: hashBytes(text), entries: entries.map(entryOf) };
}

function entryOf({ id, rule, params, at }: RuleEntry<GateRule>): GateEntry {
  return {
    id,
    params: params as Record<string, unknown>,
    evaluate(context) {
      if (context.candidate.scored.ranks !== undefined && !rule.rankings) return [notOnRankings(rule)];
      return at(() => rule.evaluate(context, params));
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
