/**
 * Reading FHIR and phenopackets: MB or packets a second of CPU, one core, by the reader alone and with everything that `disease lake add`
 * does (hashes, the original bytes, Parquet). The FHIR is made of the excerpts in test/fixtures/lake/fhir, again and again with other ids.
 * Targets of the readers: FHIR NDJSON ≥ 20 MB/s, phenopackets ≥ 3,000/s. Ends with 1 where one is missed.
 *
 *     node bench/fhir.ts [--megabytes 60] [--rounds 3] [--packets CASES.zip]
 */
import { closeSync, createReadStream, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeSync } from "node:fs";
import { availableParallelism, loadavg, tmpdir } from "node:os";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import type { RowReader } from "../src/core/lake.ts";
import { reader as fhir } from "../src/lake/formats/fhir.ts";
import { reader as phenopackets } from "../src/lake/formats/phenopackets.ts";
import { createLake } from "../src/lake/lake.ts";
import { openFolder } from "../src/lake/store/folder.ts";
import { median } from "./support/processes.ts";

const { values: flags } = parseArgs({
  options: {
    megabytes: { type: "string", default: "60" },
    rounds: { type: "string", default: "3" },
    packets: { type: "string" },
  },
});
const FIXTURES = join(import.meta.dirname, "../test/fixtures/lake/fhir");
const TYPES = ["Patient", "Condition", "Encounter", "MedicationRequest", "Procedure"];

interface Measured {
  /** Seconds of CPU. */
  readonly cpu: number;
  readonly rows: Readonly<Record<string, number>>;
}

const folder = mkdtempSync(join(tmpdir(), "disease-bench-fhir-"));
let missed = false;
try {
  const load = loadavg().map((x) => x.toFixed(1));
  console.log(
    `${availableParallelism()} cores, load ${load.join(" ")} before; CPU seconds, median of ${flags.rounds}\n`,
  );
  const entries: readonly Entry[] = JSON.parse(readFileSync(join(FIXTURES, "synthea-bundle.json"), "utf8")).entry;
  const observations = entries.map(({ resource }) => resource).filter((each) => each.resourceType === "Observation");
  const bulk = TYPES.flatMap((type) =>
    readFileSync(join(FIXTURES, `${type}.ndjson`), "utf8")
      .trim()
      .split("\n")
      .map((line): Resource => JSON.parse(line)),
  );
  await measure("NDJSON, bulk export", fhir, made("bulk.ndjson", bulk, JSON.stringify, "\n", ""), 20);
  await measure("NDJSON, Observations", fhir, made("labs.ndjson", observations, JSON.stringify, "\n", ""), 20);
  const wrapped = (resource: Resource): string => JSON.stringify({ fullUrl: `urn:uuid:${resource.id}`, resource });
  const all = entries.map(({ resource }) => resource);
  const head = '{"resourceType":"Bundle","type":"collection","entry":[';
  await measure("one bundle", fhir, made("bundle.json", all, wrapped, ",", head, "]}"), undefined);
  if (flags.packets !== undefined) await measure("phenopackets", phenopackets, flags.packets, 3000);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exit(missed ? 1 : 0);

interface Resource {
  readonly resourceType: string;
  readonly id: string;
}

interface Entry {
  readonly resource: Resource;
}

/** A file of the size asked for. */
function made(
  name: string,
  resources: readonly Resource[],
  write: (resource: Resource) => string,
  between: string,
  head: string,
  tail = "",
): string {
  const path = join(folder, name);
  const file = openSync(path, "w");
  writeSync(file, head);
  let bytes = 0;
  for (let copy = 0; bytes < Number(flags.megabytes) * 1e6; copy++) {
    const texts = resources.map((resource) => write({ ...resource, id: `${resource.id}-${copy}` }));
    bytes += writeSync(file, (copy === 0 ? "" : between) + texts.join(between));
  }
  writeSync(file, tail);
  closeSync(file);
  return path;
}

async function measure(title: string, reader: RowReader, path: string, target: number | undefined): Promise<void> {
  const alone: Measured[] = [];
  const whole: Measured[] = [];
  for (let round = 0; round < Number(flags.rounds); round++) {
    alone.push(await readAlone(reader, path));
    whole.push(await addToLake(path, round));
  }
  const isPackets = reader.id === "phenopackets";
  const amount = isPackets ? alone[0]!.rows.cases! : statSync(path).size / 1e6;
  const unit = isPackets ? "packets/s" : "MB/s";
  const speeds = [alone, whole].map((list) => amount / median(list.map(({ cpu }) => cpu)));
  const isMissed = target !== undefined && speeds[0]! < target;
  missed ||= isMissed;
  const rows = Object.values(alone[0]!.rows).reduce((a, b) => a + b);
  const shown = speeds.map((speed) => speed.toFixed(isPackets ? 0 : 1).padStart(8));
  const goal = target === undefined ? "" : `  target ≥ ${target}${isMissed ? "  MISSED" : ""}`;
  console.log(
    `${title.padEnd(22)} ${String(rows).padStart(8)} rows  reader ${shown[0]}  lake add ${shown[1]} ${unit}${goal}`,
  );
}

async function readAlone(reader: RowReader, path: string): Promise<Measured> {
  const rows: Record<string, number> = {};
  const begun = process.cpuUsage();
  const source = { name: basename(path), path, open: () => createReadStream(path, { highWaterMark: 1 << 20 }) };
  const context = {
    ...{ signal: new AbortController().signal, now: Date.now(), shared: new Map() },
    quarantine: ({ reason }: { readonly reason: string }) => {
      throw new Error(reason);
    },
    ...{ notice: () => {}, progress: () => {} },
  };
  for await (const { table, rows: count } of reader.read(source, context)) rows[table] = (rows[table] ?? 0) + count;
  return { cpu: secondsSince(begun), rows };
}

async function addToLake(path: string, round: number): Promise<Measured> {
  const lake = createLake({
    storage: openFolder(join(folder, `lake-${basename(path)}-${round}`)),
    duck: { threads: 1, memory: "1GB" },
    who: "bench",
    now: Date.now,
    notify: () => {},
  });
  const begun = process.cpuUsage();
  await lake.addSource(path);
  const cpu = secondsSince(begun);
  rmSync(join(folder, `lake-${basename(path)}-${round}`), { recursive: true });
  return { cpu, rows: {} };
}

function secondsSince(begun: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(begun);
  return (user + system) / 1e6;
}
