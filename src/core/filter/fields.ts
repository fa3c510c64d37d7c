import { distance } from "fastest-levenshtein";
import { type Token, wrongAt } from "./tokens.ts";

export type Entity = "metric" | "param" | "tag" | "attribute" | "dataset";

/** What a filter or an order speaks of: metrics.loss is { entity: "metric", key: "loss" }. */
export interface Field {
  readonly entity: Entity;
  readonly key: string;
}

/** The names that MLflow gives each entity; the first is the one that our messages use. */
const ENTITIES: Readonly<Record<Entity, readonly string[]>> = {
  metric: ["metrics", "metric"],
  param: ["params", "param", "parameters", "parameter"],
  tag: ["tags", "tag"],
  attribute: ["attributes", "attribute", "attr", "run"],
  dataset: ["datasets", "dataset"],
};
/** Attributes that a caller knows besides MLflow's, and how each is compared. */
export type MoreAttributes = Readonly<Record<string, "number" | "text">>;

export const ATTRIBUTES: readonly string[] = [
  "run_id",
  "run_name",
  "user_id",
  "status",
  "start_time",
  "end_time",
  "artifact_uri",
];
const NUMERIC_ATTRIBUTES = ["start_time", "end_time"];
const ATTRIBUTE_ALIASES: Readonly<Record<string, string>> = {
  created: "start_time",
  Created: "start_time",
  "run name": "run_name",
  "Run name": "run_name",
  "Run Name": "run_name",
};
const DATASET_KEYS = ["name", "digest", "context"];

/** Whether a field is compared as a number. */
export function isNumeric({ entity, key }: Field, more: MoreAttributes = {}): boolean {
  return (
    entity === "metric" || (entity === "attribute" && (NUMERIC_ATTRIBUTES.includes(key) || more[key] === "number"))
  );
}

/**
 * The field that a token of kind "field" names, aliases resolved.
 * @throws UserError with the nearest right name when there is no such entity, attribute or dataset key
 */
export function fieldOf(token: Token, text: string, what: string, more: MoreAttributes = {}): Field {
  const [, head, tail] = /^(`[^`]*`|[^.]*)(?:\.(.*))?$/s.exec(token.text)!;
  if (tail === undefined) return attribute(unquote(head!), token, text, what, more);
  const name = unquote(head!);
  const entity = (Object.keys(ENTITIES) as Entity[]).find((e) => ENTITIES[e].includes(name));
  if (entity === undefined) {
    const close = nearest(name, Object.values(ENTITIES).flat());
    throw wrongAt(
      text,
      what,
      token.at,
      `The ${what} asks for "${name}", which runs do not have`,
      `${close === undefined ? "" : `Did you mean ${close}.${tail}? `}Begin with metrics., params., tags., attributes. or datasets.`,
    );
  }
  const key = unquote(tail);
  if (entity === "attribute") return attribute(key, token, text, what, more);
  if (entity === "dataset" && !DATASET_KEYS.includes(key)) {
    throw wrongAt(
      text,
      what,
      token.at,
      `Datasets have no "${key}"`,
      `Use ${DATASET_KEYS.map((k) => `datasets.${k}`).join(", ")}.`,
    );
  }
  return { entity, key };
}

function attribute(key: string, token: Token, text: string, what: string, more: MoreAttributes): Field {
  const name = ATTRIBUTE_ALIASES[key] ?? key;
  const known = [...ATTRIBUTES, ...Object.keys(more)];
  if (known.includes(name)) return { entity: "attribute", key: name };
  const close = nearest(name, known);
  throw wrongAt(
    text,
    what,
    token.at,
    `Runs have no attribute "${key}"`,
    close === undefined
      ? `Write metrics.${key}, params.${key} or tags.${key}, or one of ${known.join(", ")}.`
      : `Did you mean ${close}?`,
  );
}

/** The name that was probably meant; undefined when none is near. */
export function nearest(name: string, among: readonly string[]): string | undefined {
  if (among.length === 0) return undefined;
  const ranked = among.map((a) => ({ a, d: distance(name.toLowerCase(), a) })).sort((x, y) => x.d - y.d);
  return ranked[0]!.d <= Math.max(1, Math.floor(name.length / 3)) ? ranked[0]!.a : undefined;
}

function unquote(text: string): string {
  return /^(["`]).*\1$/s.test(text) && text.length > 1 ? text.slice(1, -1) : text;
}
