import type { RowReader } from "../../core/lake.ts";
import { readFhir, tellFhir } from "../fhir/read.ts";
import { fhirTables } from "../fhir/tables.ts";

/** Resources that only FHIR has: a file of them is FHIR, whatever its name. */
const RESOURCE = /"resourceType"\s*:\s*"[A-Z][A-Za-z]+"/;

export const reader: RowReader = {
  id: "fhir",
  title: "FHIR R4 (bundles, bulk NDJSON)",
  kind: "rows",
  tables: fhirTables,
  detect(name, head) {
    if (!/\.(?:json|ndjson|jsonl)$/i.test(name)) return 0;
    return RESOURCE.test(Buffer.from(head).toString("latin1")) ? 0.95 : 0;
  },
  read: readFhir,
  finish: tellFhir,
};
