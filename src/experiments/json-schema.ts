import { type SchemaJson as Json, namedEntry, schemaJson as toJson } from "../core/formats/json-schema.ts";
import { families } from "../families/index.ts";
import { rules } from "../gates/index.ts";
import { allMetrics } from "../metrics/_all.ts";
import { steps } from "../preparation/index.ts";
import { strategies } from "../search/index.ts";
import { pruners } from "../search/pruning/index.ts";
import { gateSchema } from "./gate-file.ts";
import { rankingFamilies } from "./kinds/ranking-families.ts";
import { caseExperimentSchema, choiceSchema, commonParams, experimentSchema, rangeSchema } from "./schema.ts";

/** JSON Schema of experiment files, for completion and checks in editors: every family, step and metric that there is. */
export async function experimentJsonSchema(): Promise<object> {
  const schema = toJson(experimentSchema);
  const properties = schema.properties as Record<string, Json>;
  const common = toJson(commonParams).properties as Record<string, Json>;
  properties.data = { anyOf: [properties.data!, toJson(caseExperimentSchema.shape.data)] };
  const grids: Record<string, Json> = {};
  for (const [id, load] of Object.entries({ ...families, ...rankingFamilies })) {
    const family = await load();
    const { resample: _, ...others } = common;
    const shared = family.input === "cases" ? {} : family.knowsClasses ? others : common;
    const params = { ...toJson(family.params).properties, ...shared };
    const axes = Object.entries(params).map(([key, param]) => [key, axisOf(param)]);
    const grid = { type: "object", properties: Object.fromEntries(axes), additionalProperties: false };
    grids[id] = {
      description: `${family.title}: ${family.description}`,
      anyOf: [grid, { type: "array", items: grid }, { type: "null" }],
    };
  }
  properties.families = {
    ...properties.families,
    type: "object",
    properties: grids,
    additionalProperties: false,
    minProperties: 1,
  };
  const entries: Record<string, Json> = {};
  for (const [id, load] of Object.entries(steps)) {
    const step = await load();
    entries[id] = { ...toJson(step.params), description: `${step.title}: ${step.description}` };
  }
  const step = namedEntry(entries);
  properties.preparations = { ...properties.preparations, additionalProperties: { type: "array", items: step } };
  const rank = properties.rank?.properties as Record<string, Json>;
  rank.metric = { ...rank.metric, enum: allMetrics.map((m) => m.id) };
  const search = properties.search?.properties as Record<string, Json>;
  search.strategy = { ...search.strategy, enum: Object.keys(strategies) };
  const kinds = [...Object.keys(pruners), "none"];
  const pruner = search.pruner?.properties as Record<string, Json>;
  pruner.kind = { ...pruner.kind, enum: kinds };
  search.pruner = { description: search.pruner?.description, anyOf: [{ enum: kinds }, search.pruner!] };
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "disease experiment",
    $defs: { choice: toJson(choiceSchema), range: toJson(rangeSchema) },
    ...schema,
  };
}

/** JSON Schema of gate files: every rule that there is. */
export async function gateJsonSchema(): Promise<object> {
  const schema = toJson(gateSchema);
  const properties = schema.properties as Record<string, Json>;
  const entries: Record<string, Json> = {};
  for (const [id, load] of Object.entries(rules)) {
    const rule = await load();
    entries[id] = { ...toJson(rule.params), description: `${rule.title}: ${rule.description}` };
  }
  properties.rules = { ...properties.rules, items: namedEntry(entries) };
  return { $schema: "https://json-schema.org/draft/2020-12/schema", title: "disease gate", ...schema };
}

/** A value, a list of values that makes an axis of the grid, or what a search chooses from. */
function axisOf({ description, default: fallback, ...value }: Json): Json {
  const numeric = JSON.stringify(value).includes('"number"') || JSON.stringify(value).includes('"integer"');
  const choice = { $ref: "#/$defs/choice" };
  const spaces = numeric ? [choice, { $ref: "#/$defs/range" }] : [choice];
  return { description, default: fallback, anyOf: [value, { type: "array", items: value, minItems: 1 }, ...spaces] };
}
