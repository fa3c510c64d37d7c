import { schemaJson } from "../../core/formats/json-schema.ts";
import { declarationSchema } from "./declaration.ts";

/** JSON Schema of declarations of learning tables. */
export function declarationJsonSchema(): object {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "disease learning table",
    ...schemaJson(declarationSchema),
  };
}
