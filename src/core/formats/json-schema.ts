import { z } from "zod";

/** JSON Schemas that editors check files with. */
export interface SchemaJson {
  [key: string]: unknown;
  properties?: Record<string, SchemaJson>;
}

/** A zod schema as JSON Schema, of what is written and not of what is read. */
export function schemaJson(schema: z.ZodType): SchemaJson {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as SchemaJson;
  return rest;
}

/** A name alone, or {name: params}. */
export function namedEntry(entries: Record<string, SchemaJson>): SchemaJson {
  return {
    anyOf: [
      { enum: Object.keys(entries) },
      { type: "object", properties: entries, additionalProperties: false, minProperties: 1, maxProperties: 1 },
    ],
  };
}
