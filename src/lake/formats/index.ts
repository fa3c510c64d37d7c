import type { LakeReader } from "../../core/lake.ts";

/** All readers by their id. Where two know a file equally well, the first one reads it. */
export const readers: Readonly<Record<string, () => Promise<LakeReader>>> = {
  csv: async () => (await import("./csv.ts")).reader,
  fhir: async () => (await import("./fhir.ts")).reader,
};
