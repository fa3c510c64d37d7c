import { namedEntry, type SchemaJson, schemaJson } from "../core/formats/json-schema.ts";
import { monitorSchema } from "./monitor-file.ts";
import { rules } from "./rules/index.ts";

/** JSON Schema of monitor files: every rule that there is. */
export async function monitorJsonSchema(): Promise<object> {
  const schema = schemaJson(monitorSchema);
  const properties = schema.properties as Record<string, SchemaJson>;
  const entries: Record<string, SchemaJson> = {};
  for (const [id, load] of Object.entries(rules)) {
    const rule = await load();
    entries[id] = { ...schemaJson(rule.params), description: `${rule.title}: ${rule.description}` };
  }
  properties.rules = { ...properties.rules, items: namedEntry(entries) };
  return { $schema: "https://json-schema.org/draft/2020-12/schema", title: "disease monitor", ...schema };
}
