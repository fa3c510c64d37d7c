/**
 * Builds a learning table over a million observations, and what a person would write for it in DuckDB's SQL by hand, in turn, on the
 * same Parquet files, in one process: `node bench/lake-build.ts [--rows N] [--rounds N]`. Target: at most 1.2 times its wall time, the
 * median of the rounds' ratios; the second build that proves that nothing later came in is told beside it.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { parseDeclaration } from "../src/app/lake/declared.ts";
import { type Duck, literal, openDuck } from "../src/lake/engine/duck.ts";
import { createLake, type Lake } from "../src/lake/lake.ts";
import { buildTable } from "../src/lake/learning/build.ts";
import { openFolder } from "../src/lake/store/folder.ts";
import { median } from "./support/processes.ts";

const TARGET = 1.2;
/** Observations a patient. */
const EACH = 50;

const DECLARATION = `
index: {date: 2020-01-01}
label: {codes: {snomed: [38341003]}, horizon: 2y}
features:
  age: {age: years}
  sex: {patient: sex}
  had: {labels: {table: conditions, min_patients: 20}}
  conditions: {count: {table: conditions, window: 5y}}
  glucose: {value: {codes: {loinc: [c0]}, take: [last, mean, slope]}}
  pressure: {value: {codes: {loinc: [c1]}, take: [last, max, min], window: 2y}}
  bmi: {value: {codes: {loinc: [c2]}, take: [last, mean, count]}}
`;

/** The same table by hand; the means are of doubles here, as anybody would write them. */
const HAND = `
WITH people AS (SELECT id AS patient, sex, birth_date FROM patients),
onset AS (SELECT patient, min(least(onset, recorded)) AS first FROM conditions WHERE code = '38341003' AND system = 'http://snomed.info/sct' GROUP BY patient),
cohort AS (SELECT patient, sex, birth_date, coalesce(first < TIMESTAMP '2020-01-01' + to_days(730), false) AS label
  FROM people LEFT JOIN onset USING (patient) WHERE first IS NULL OR first >= TIMESTAMP '2020-01-01'),
labs AS (SELECT patient,
  arg_max(value, time) FILTER (code = 'c0') AS glucose_last, avg(value) FILTER (code = 'c0') AS glucose_mean,
  regr_slope(value, epoch(time) / 31557600) FILTER (code = 'c0') AS glucose_slope,
  arg_max(value, time) FILTER (code = 'c1' AND time >= TIMESTAMP '2018-01-01') AS pressure_last,
  max(value) FILTER (code = 'c1' AND time >= TIMESTAMP '2018-01-01') AS pressure_max,
  min(value) FILTER (code = 'c1' AND time >= TIMESTAMP '2018-01-01') AS pressure_min,
  arg_max(value, time) FILTER (code = 'c2') AS bmi_last, avg(value) FILTER (code = 'c2') AS bmi_mean, count(*) FILTER (code = 'c2') AS bmi_count
  FROM observations WHERE time < TIMESTAMP '2020-01-01' AND system = 'http://loinc.org' AND code IN ('c0', 'c1', 'c2') GROUP BY patient),
past AS (SELECT patient, code, greatest(onset, recorded) AS known FROM conditions WHERE greatest(onset, recorded) < TIMESTAMP '2020-01-01'),
frequent AS (SELECT code FROM past GROUP BY code HAVING count(DISTINCT patient) >= 20),
had AS (SELECT patient, string_agg(DISTINCT code, '|' ORDER BY code) AS had FROM past SEMI JOIN frequent USING (code) GROUP BY patient),
counted AS (SELECT patient, count(*) AS conditions FROM past WHERE known >= TIMESTAMP '2015-01-01' GROUP BY patient)
SELECT patient, date_sub('year', birth_date, DATE '2020-01-01') AS age, sex, coalesce(had, '|') AS had, coalesce(conditions, 0) AS conditions, labs.* EXCLUDE (patient), label
FROM cohort LEFT JOIN had USING (patient) LEFT JOIN counted USING (patient) LEFT JOIN labs USING (patient) ORDER BY patient`;

const { values } = parseArgs({
  options: { rows: { type: "string", default: "1000000" }, rounds: { type: "string", default: "7" } },
});
const rows = Number(values.rows);
const folder = mkdtempSync(join(tmpdir(), "disease-bench-"));
try {
  const lake = await fill(rows);
  const ratios: number[] = [];
  const cpu: number[] = [];
  const checks: number[] = [];
  for (let round = 0; round < Number(values.rounds); round++) {
    const built = await timed(() => build(lake, round, false));
    const hand = await timed(() => byHand(lake, round));
    const checked = await timed(() => build(lake, round + 1000, true));
    ratios.push(built.wall / hand.wall);
    cpu.push(built.cpu / hand.cpu);
    checks.push(checked.wall / built.wall);
    console.log(
      `build ${show(built)}; by hand ${show(hand)}; with the check ${show(checked)}; ratio ${ratios.at(-1)!.toFixed(2)}`,
    );
  }
  const ratio = median(ratios);
  console.log(
    `${rows} observations: build / by hand ${ratio.toFixed(2)} of wall time (target ≤ ${TARGET}), ${median(cpu).toFixed(2)} of CPU; the check makes it ${median(checks).toFixed(2)} times as long`,
  );
  process.exitCode = ratio <= TARGET ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function fill(count: number): Promise<Lake> {
  const lake = createLake({
    ...{ storage: openFolder(join(folder, "lake")), who: "bench", now: () => 1.8e12, notify: () => {} },
  });
  const patients = Math.ceil(count / EACH);
  const spread = (n: string): string => `(1262304000 + hash(${n}) % 473385600)`;
  const tables = {
    patients: `SELECT 'patient-' || i AS id, CASE WHEN hash(i) % 2 = 0 THEN 'female' ELSE 'male' END AS sex, DATE '1940-01-01' + (hash(i + 7) % 20000)::INTEGER AS birth_date FROM range(${patients}) t(i)`,
    observations: `SELECT 'o' || i AS id, 'patient-' || (i // ${EACH}) AS patient, 'http://loinc.org' AS system, 'c' || (hash(i) % 8) AS code, (hash(i + 3) % 100000) / 100.0::DOUBLE AS value, make_timestamp(${spread("i + 5")}::BIGINT * 1000000) AS time FROM range(${count}) t(i)`,
    conditions: `SELECT 'c' || i AS id, 'patient-' || (i // 5) AS patient, 'http://snomed.info/sct' AS system, CASE WHEN hash(i) % 12 = 0 THEN '38341003' ELSE (10000 + hash(i) % 300)::VARCHAR END AS code, make_timestamp(${spread("i + 9")}::BIGINT * 1000000) AS onset, onset + to_days((hash(i) % 60)::INTEGER) AS recorded FROM range(${patients * 5}) t(i)`,
  };
  await using duck = await openDuck();
  for (const [table, query] of Object.entries(tables)) {
    const file = join(folder, `${table}.parquet`);
    await duck.run(`COPY (${query}) TO ${literal(file)} (FORMAT parquet, COMPRESSION zstd)`);
    await lake.addSource(file);
  }
  return lake;
}

/** Under a name of its own each time: the same name would be the same table, and not built. */
async function build(lake: Lake, round: number, check: boolean): Promise<void> {
  const declared = parseDeclaration(folder, `lake/built_${round}.yaml`, DECLARATION);
  await buildTable(lake, declared, { program: "bench", check, notify: () => {} });
}

async function byHand(lake: Lake, round: number): Promise<void> {
  await using duck: Duck = await openDuck();
  for (const table of ["patients", "conditions", "observations"]) {
    const files = (await lake.paths(table)).map(literal);
    await duck.run(`CREATE VIEW ${table} AS SELECT * FROM read_parquet([${files.join(", ")}])`);
  }
  const out = join(folder, `hand-${round}.parquet`);
  await duck.run(`COPY (${HAND}) TO ${literal(out)} (FORMAT parquet, COMPRESSION zstd)`);
}

interface Spent {
  readonly wall: number;
  readonly cpu: number;
}

async function timed(action: () => Promise<void>): Promise<Spent> {
  const [start, before] = [performance.now(), process.cpuUsage()];
  await action();
  const { user, system } = process.cpuUsage(before);
  return { wall: performance.now() - start, cpu: (user + system) / 1000 };
}

function show({ wall, cpu }: Spent): string {
  return `${wall.toFixed(0)} ms (${cpu.toFixed(0)} of CPU)`;
}
