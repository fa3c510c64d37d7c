/**
 * Writes data/synthea.ndjson.gz: the resources and fields that the lake's tables need, of a folder of Synthea bundles
 * (smart-on-fhir/generated-sample-data, Apache-2.0). The same bundles give the same bytes.
 *
 *     node scripts/synthea-excerpt.ts FOLDER data/synthea.ndjson.gz
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { constants, gzipSync } from "node:zlib";

type Json = Readonly<Record<string, unknown>>;

/** Without names, addresses, texts, extensions and who paid. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  Patient: ["gender", "birthDate", "deceasedDateTime"],
  Encounter: ["status", "class", "type", "subject", "period", "reasonCode"],
  Condition: [
    ...["clinicalStatus", "verificationStatus", "code", "subject", "encounter"],
    ...["onsetDateTime", "abatementDateTime", "recordedDate"],
  ],
  Observation: [
    ...["status", "category", "code", "subject", "encounter", "effectiveDateTime", "issued"],
    ...["valueQuantity", "valueCodeableConcept", "component"],
  ],
  Procedure: ["status", "code", "subject", "encounter", "performedDateTime", "performedPeriod"],
  MedicationRequest: [...["status", "intent", "medicationCodeableConcept", "subject", "encounter", "authoredOn"]],
};

function main(folder: string, out: string): void {
  const lines: string[] = [];
  for (const file of readdirSync(folder).sort()) {
    if (!file.endsWith(".json")) continue;
    const bundle = JSON.parse(readFileSync(join(folder, file), "utf8")) as {
      readonly entry: readonly { readonly fullUrl: string; readonly resource: Json }[];
    };
    const names = new Map(
      bundle.entry.map(({ fullUrl, resource }) => [fullUrl, `${String(resource.resourceType)}/${String(resource.id)}`]),
    );
    for (const { resource } of bundle.entry) {
      const type = String(resource.resourceType);
      const fields = FIELDS[type];
      if (fields === undefined) continue;
      const kept = Object.fromEntries(
        fields.filter((name) => name in resource).map((name) => [name, plain(resource[name], names)]),
      );
      lines.push(JSON.stringify({ resourceType: type, id: resource.id, ...kept }));
    }
  }
  const gzip = gzipSync(`${lines.join("\n")}\n`, { level: constants.Z_BEST_COMPRESSION });
  writeFileSync(out, gzip);
  console.log(`${lines.length} resources, ${gzip.length} bytes`);
}

/** References by type and id in place of the bundle's own addresses; no displays of persons. */
function plain(value: unknown, names: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(value)) return value.map((item) => plain(item, names));
  if (value === null || typeof value !== "object") return value;
  const { reference } = value as { readonly reference?: unknown };
  if (typeof reference === "string") return { reference: names.get(reference) ?? reference };
  return Object.fromEntries(Object.entries(value).map(([key, own]) => [key, plain(own, names)]));
}

const [folder, out] = process.argv.slice(2);
if (folder === undefined || out === undefined) {
  console.error("usage: node scripts/synthea-excerpt.ts FOLDER OUT.ndjson.gz");
  process.exit(2);
}
main(folder, out);
