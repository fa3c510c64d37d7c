import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { PredictionLog, PredictionRecord } from "../../src/core/serving/serving.ts";
import { type FeedbackRecord, outcomeOf, readOutcomes, writeFeedback } from "../../src/lake/predictions/feedback.ts";
import { openPredictionLog } from "../../src/lake/predictions/log.ts";
import { readPredictions } from "../../src/lake/predictions/read.ts";
import { tidyPredictions } from "../../src/lake/predictions/tidy.ts";

const NOON = Date.UTC(2026, 10, 24, 12);
const DAY = 86_400_000;

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "disease-log-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const prediction = (i: number, other: Partial<PredictionRecord> = {}): PredictionRecord => ({
  id: `p${i}`,
  time: NOON + i,
  request: `r${i}`,
  model: { name: "skin", version: "3", hash: "ab" },
  role: "answer",
  patient: i % 2 === 0 ? null : "cd".repeat(32),
  features: { age: i / 3, "fiebre; ö\n": "sí", seen: true, lab: null, terms: ["HP:1", "HP:2"] },
  probabilities: { psoriasis: 0.25, lichen: 0.75 },
  abstained: i % 3 === 0,
  ...other,
});

async function write(folder: string, records: readonly PredictionRecord[]): Promise<PredictionLog> {
  const log = openPredictionLog({ folder });
  for (const record of records) log.append(record);
  await log.close();
  return log;
}

async function readAll(
  folder: string,
  options: { since?: number; until?: number } = {},
): Promise<{ records: PredictionRecord[]; skipped: number }> {
  const records: PredictionRecord[] = [];
  let skipped = 0;
  const onSkipped = (_: string, lines: number): void => {
    skipped += lines;
  };
  for await (const record of readPredictions(folder, { ...options, onSkipped })) records.push(record);
  return { records, skipped };
}

const segments = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => /ndjson/.test(name))
    .sort();

test("records come back as they were given, whatever the model, the columns and the kind of input", async () => {
  const folder = join(temporaryFolder(), "lake", "skin");
  const given = [
    prediction(0),
    prediction(1),
    prediction(2, { features: { terms: [], age: 1 }, role: "shadow" }), // other columns
    prediction(3, { model: { name: "skin", version: "4", hash: "cd" }, probabilities: { "ORPHA:1": 1e-9 } }),
    prediction(4, {
      model: { name: null, version: null, hash: "ef" },
      features: { ["__proto__"]: 7, constructor: "x" },
    }),
    prediction(5, { model: { name: "skin", version: "3", hash: "ab" } }),
  ];
  const log = await write(folder, given);
  expect([log.written, log.dropped, log.problem]).toEqual([6, 0, null]);
  expect(await readAll(folder)).toEqual({ records: given, skipped: 0 });
});

test("only the owner may read it, and git passes it over", async () => {
  const folder = join(temporaryFolder(), "skin");
  await write(folder, [prediction(0)]);
  await writeFeedback(folder, [outcome({ prediction_id: "p0" })]);
  const modes = ["", "2026-11-24", "feedback", ...segments(folder)].map(
    (name) => statSync(join(folder, name)).mode & 0o777,
  );
  expect(modes).toEqual([0o700, 0o700, 0o700, 0o600, 0o600]);
  expect(readFileSync(join(folder, ".gitignore"), "utf8")).toBe("*\n");
});

test("a segment is of one day and not much longer than asked; a time is found by the day", async () => {
  const folder = temporaryFolder();
  const given = Array.from({ length: 3000 }, (_, i) => prediction(i, { time: NOON + Math.floor(i / 1000) * DAY }));
  const log = openPredictionLog({ folder, segmentBytes: 20_000, host: "a/b", pid: 7 });
  for (const record of given) log.append(record);
  await log.close();
  const names = segments(folder);
  expect(new Set(names.map((name) => name.slice(0, 10)))).toEqual(new Set(["2026-11-24", "2026-11-25", "2026-11-26"]));
  expect(names.length).toBeGreaterThan(6);
  expect(names[0]).toMatch(/^2026-11-24.a_b-7-\d+\.ndjson$/);
  expect((await readAll(folder)).records).toHaveLength(3000);
  const some = await readAll(folder, { since: NOON + DAY, until: NOON + 2 * DAY });
  expect(some.records.map(({ id }) => id)).toEqual(given.slice(1000, 2000).map(({ id }) => id));
});

test("a torn last line and damage are passed over, counted, and cost no other line", async () => {
  const folder = temporaryFolder();
  await write(folder, [prediction(0), prediction(1)]);
  await write(folder, [prediction(2), prediction(3), prediction(4)]);
  const [first, second] = segments(folder).map((name) => join(folder, name));
  truncateSync(first!, statSync(first!).size - 5);
  const lines = readFileSync(second!, "utf8").split("\n");
  writeFileSync(second!, [lines[0], "\u0000\u0000", '["p9"]', ...lines.slice(1)].join("\n"));
  const { records, skipped } = await readAll(folder);
  expect(records.map(({ id }) => id)).toEqual(["p0", "p2", "p3", "p4"]);
  expect(skipped).toBe(3);
});

test("a process with the number of an earlier one never writes into its segments", async () => {
  const folder = temporaryFolder();
  for (const i of [0, 1, 2]) {
    const log = openPredictionLog({ folder, host: "pod", pid: 1 });
    log.append(prediction(i));
    await log.close();
  }
  expect(segments(folder)).toHaveLength(3);
  expect((await readAll(folder)).records).toHaveLength(3);
});

test("what does not fit into memory is counted as dropped, and the rest waits until the disk is back", async () => {
  const folder = join(temporaryFolder(), "taken", "skin");
  writeFileSync(join(folder, ".."), "a file where the folder has to be");
  const log = openPredictionLog({ folder, flushAfter: 1, retryAfter: 10, maxRecords: 100 });
  for (let i = 0; i < 150; i++) log.append(prediction(i));
  expect(log.dropped).toBe(50);
  await expect.poll(() => log.problem, { timeout: 10_000 }).toContain("ENOTDIR");
  rmSync(join(folder, ".."));
  await expect.poll(() => log.written, { timeout: 10_000 }).toBe(100);
  expect(log.problem).toBeNull();
  log.append(prediction(150));
  await log.close();
  expect((await readAll(folder)).records.map(({ id }) => id)).toEqual([...Array(100).keys(), 150].map((i) => `p${i}`));
  log.append(prediction(151));
  expect([log.written, log.dropped]).toEqual([101, 51]);
});

test("closing a log that cannot be written ends, and says what was lost", async () => {
  const folder = join(temporaryFolder(), "taken", "skin");
  writeFileSync(join(folder, ".."), "");
  const log = await write(folder, [prediction(0), prediction(1)]);
  expect([log.written, log.dropped]).toEqual([0, 2]);
  expect(log.problem).toContain("ENOTDIR");
});

test("old days are removed and past ones compressed, and are read as before", async () => {
  const folder = temporaryFolder();
  const given = [0, 1, 2, 5, 9].map((days) => prediction(days, { time: NOON - days * DAY }));
  await write(folder, given);
  const all = await readAll(folder);
  const tidied = await tidyPredictions(folder, { keep: 7 * DAY, now: NOON });
  expect(tidied).toEqual({ removed: ["2026-11-15"], compressed: 1 });
  expect(segments(folder).filter((name) => name.endsWith(".gz"))).toHaveLength(1);
  const left = await readAll(folder);
  expect(left.records).toEqual(all.records.filter(({ id }) => id !== "p9"));
  // a crash between the two steps of compressing leaves both
  const packed = segments(folder).find((name) => name.endsWith(".gz"))!;
  writeFileSync(join(folder, packed.replace(/\.gz$/, "")), "");
  expect((await readAll(folder)).records).toHaveLength(3);
  expect(await tidyPredictions(join(folder, "nothing"), { keep: DAY, now: NOON })).toEqual({
    removed: [],
    compressed: 0,
  });
});

const outcome = (about: Partial<FeedbackRecord>): FeedbackRecord => ({
  ...{ prediction_id: null, patient: null, outcome: "lichen", time: null, recorded: NOON },
  ...about,
});

test("an outcome holds for its prediction, or for those that its patient had before it was known; the last holds", async () => {
  const folder = temporaryFolder();
  const patient = "cd".repeat(32);
  await writeFeedback(folder, [outcome({ patient, time: NOON + 10 }), outcome({ prediction_id: "p4" })]);
  await writeFeedback(folder, [outcome({ prediction_id: "p3", outcome: "psoriasis", recorded: NOON + 1 })]);
  await writeFeedback(folder, [outcome({ prediction_id: "p4", outcome: "psoriasis", recorded: NOON + 2 })]);
  mkdirSync(join(folder, "feedback"), { recursive: true });
  writeFileSync(join(folder, "feedback", "zz.ndjson"), '{"outcome":1}\n{"prediction_id"');
  let skipped = 0;
  const outcomes = await readOutcomes(folder, {
    onSkipped: (_, lines) => {
      skipped += lines;
    },
  });
  expect(skipped).toBe(2);
  const told = [1, 2, 3, 4, 11].map((i) => outcomeOf(outcomes, prediction(i))?.outcome);
  expect(told).toEqual(["lichen", undefined, "psoriasis", "psoriasis", undefined]);
});
