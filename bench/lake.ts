/**
 * Taking a CSV into the lake (original kept, hashes, bad lines put aside, Parquet) against DuckDB's own Python that writes the same file
 * as Parquet and does nothing else; in turn, each in a process of its own. Wall and CPU seconds, and the peak of memory.
 *
 *     node bench/lake.ts [--gb 1] [--pairs 3] [--memory 2GB] [--target 0.8]
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { literal, openDuck } from "../src/lake/engine/duck.ts";
import { createLake } from "../src/lake/lake.ts";
import { openFolder } from "../src/lake/store/folder.ts";
import { venvPython } from "../test/support/venv.ts";

interface Outcome {
  readonly wall: number;
  readonly cpu: number;
  readonly peakMB: number;
}

const PEER = `
import json, resource, sys, time
import duckdb
wall = time.perf_counter()
db = duckdb.connect()
db.execute("SET enable_progress_bar = false")
if sys.argv[3]: db.execute(f"SET memory_limit = '{sys.argv[3]}'")
db.execute(f"COPY (SELECT * FROM read_csv('{sys.argv[1]}')) TO '{sys.argv[2]}' (FORMAT parquet, COMPRESSION zstd)")
used = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps({"wall": time.perf_counter() - wall, "cpu": used.ru_utime + used.ru_stime, "peakMB": used.ru_maxrss / 1024}))
`;

const { values } = parseArgs({
  options: {
    gb: { type: "string", default: "1" },
    pairs: { type: "string", default: "3" },
    memory: { type: "string" },
    target: { type: "string", default: "0.8" },
    ingest: { type: "string" }, // used by the benchmark itself: takes the file in once and prints the outcome
    lake: { type: "string" },
  },
});

if (values.ingest !== undefined) console.log(JSON.stringify(await ingest(values.ingest, values.lake!)));
else await compare();

async function ingest(path: string, root: string): Promise<Outcome> {
  const wall = performance.now();
  const duck = values.memory === undefined ? {} : { memory: values.memory };
  const lake = createLake({ storage: openFolder(root), duck, who: "bench", now: Date.now, notify: () => {} });
  await lake.addSource(path);
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  return { wall: (performance.now() - wall) / 1e3, cpu: (userCPUTime + systemCPUTime) / 1e6, peakMB: maxRSS / 1024 };
}

/** Visits with a date, codes and eight labs: 110 bytes a row. */
async function generate(path: string, bytes: number): Promise<void> {
  await using duck = await openDuck();
  const labs = Array.from({ length: 8 }, (_, i) => `round(40 + 30 * random() * ${i + 1}, 2) AS lab_${i}`).join(", ");
  const rows = Math.round(bytes / 110);
  await duck.run(
    `COPY (SELECT i AS visit, (i * 7919 % 500000)::BIGINT AS patient, DATE '2015-01-01' + (random() * 3000)::INT AS day,
       ['E11.9', 'I10', 'J45.909', 'N18.3', 'C50.911'][1 + (random() * 4.99)::INT % 5] AS code,
       ['female', 'male'][1 + (i % 2)::INT] AS sex, md5(i::VARCHAR)[:20] AS note, ${labs}
     FROM range(${rows}) t(i)) TO ${literal(path)} (FORMAT csv, HEADER)`,
  );
}

async function compare(): Promise<void> {
  const python = await venvPython("lake");
  const folder = mkdtempSync(join(tmpdir(), "disease-bench-lake-"));
  const path = join(folder, "visits.csv");
  const memory = values.memory ?? "";
  try {
    await generate(path, Number(values.gb) * 1e9);
    const run = (command: string, args: string[]): Outcome =>
      JSON.parse(execFileSync(command, args, { encoding: "utf8" }));
    const ours = (): Outcome => {
      const lake = join(folder, "lake");
      const limit = memory === "" ? [] : ["--memory", memory];
      const outcome = run(process.execPath, [import.meta.filename, "--ingest", path, "--lake", lake, ...limit]);
      rmSync(lake, { recursive: true });
      return outcome;
    };
    const pairs = Array.from({ length: Number(values.pairs) }, () => ({
      ours: ours(),
      peer: run(python, ["-c", PEER, path, join(folder, "peer.parquet"), memory]),
    }));
    console.log(
      `${(statSync(path).size / 1e9).toFixed(2)} GB of CSV, median of ${pairs.length} pairs${memory && `, ${memory}`}`,
    );
    for (const what of ["wall", "cpu", "peakMB"] as const) {
      const [our, peer] = [median(pairs.map((pair) => pair.ours[what])), median(pairs.map((pair) => pair.peer[what]))];
      console.log(
        `${what.padEnd(7)} lake ${our.toFixed(2)}  DuckDB's Python ${peer.toFixed(2)}  ratio ${(our / peer).toFixed(2)}`,
      );
    }
    const speed = median(pairs.map(({ ours: our, peer }) => peer.wall / our.wall));
    console.log(`speed against DuckDB's Python: ${speed.toFixed(2)} (target ${values.target})`);
    process.exitCode = speed >= Number(values.target) ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]!;
}
