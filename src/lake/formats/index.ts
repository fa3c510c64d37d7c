import type { LakeReader } from "../../core/lake.ts";

export type Readers = Readonly<Record<string, () => Promise<LakeReader>>>;

/** All readers by their id. Where two know a file equally well, the first one reads it. Notes need the ontology: see openLake. */
export const readers: Readers = {
  csv: async () => (await import("./csv.ts")).reader,
  fhir: async () => (await import("./fhir.ts")).reader,
  phenopackets: async () => (await import("./phenopackets.ts")).reader,
  json: async () => (await import("./json.ts")).reader,
  ndjson: async () => (await import("./ndjson.ts")).reader,
  excel: async () => (await import("./excel.ts")).reader,
  omop: async () => (await import("./omop.ts")).reader,
  parquet: async () => (await import("./parquet.ts")).reader,
};
