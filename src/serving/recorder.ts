import type { CategoricalColumn, Frame, MultilabelColumn } from "../core/dataset.ts";
import { rawRowOf } from "../core/serving/input.ts";
import type { PredictionLog, PredictionRecord, RawRow, ServedModel, ServedTable } from "../core/serving/serving.ts";
import { type CaseAnswer, rowId, type TableAnswers } from "./context.ts";
import type { ServeMetrics } from "./http/metrics.ts";
import type { ModelSlot } from "./models.ts";

/** Takes note of answers after they were sent: a slice at a time between requests. */
export interface Recorder {
  note(answer: TableAnswers | CaseAnswer): void;
  /** Notes all that waits. */
  finish(): void;
}

export interface RecorderOptions {
  readonly log: PredictionLog | null;
  readonly metrics: ServeMetrics;
  /** Scored besides; its answers are only kept. */
  readonly shadow: ModelSlot;
  /** HMAC of a patient's key. */
  hashPatient(key: string): string;
  /** Milliseconds since the epoch. */
  now(): number;
  /** Told of a shadow model that fails. */
  problem(message: string): void;
}

/** Rows that may wait; more are counted as not noted. */
const MOST_WAITING = 100_000;
/** Rows in one go: well below a millisecond. */
const SLICE = 64;
/** Diseases of a case that are kept. */
const KEPT = 10;

type Job = {
  readonly rows: number;
  at: number;
  readonly do: (from: number, to: number) => void;
};

export function createRecorder(options: RecorderOptions): Recorder {
  const { log, metrics, shadow, hashPatient, now, problem } = options;
  const jobs: Job[] = [];
  let waiting = 0;
  let isRunning = false;

  const add = (rows: number, work: (from: number, to: number, time: number) => void): void => {
    if (waiting + rows > MOST_WAITING) {
      metrics.unnoted(rows);
      return;
    }
    const time = now();
    waiting += rows;
    jobs.push({ rows, at: 0, do: (from, to) => work(from, to, time) });
    if (!isRunning) setImmediate(slice);
    isRunning = true;
  };

  const slice = (): void => {
    step(SLICE);
    isRunning = jobs.length > 0;
    if (isRunning) setImmediate(slice);
  };

  const step = (most: number): void => {
    for (let left = most; left > 0 && jobs.length > 0; ) {
      const job = jobs[0]!;
      const to = Math.min(job.rows, job.at + left);
      if (to > job.at) job.do(job.at, to);
      left -= to - job.at;
      waiting -= to - job.at;
      job.at = to;
      if (to === job.rows) jobs.shift();
    }
  };

  const hashed = (key: string | null | undefined): string | null =>
    key === null || key === undefined ? null : hashPatient(key);
  const keep = (record: PredictionRecord): void => log?.append(record);

  /** Rows of a table as `model` sees them. */
  const noteRows = (answer: TableAnswers, role: PredictionRecord["role"]) => {
    const { model, frame, proba, request, id, patients, abstained } = answer;
    const { classes } = model;
    const facts = { request, model: named(model), role };
    return (from: number, to: number, time: number): void => {
      const counts = new Map<number, number>();
      for (let row = from; row < to; row++) {
        const own = proba.subarray(row * classes.length, (row + 1) * classes.length);
        const best = indexOfMost(own);
        counts.set(best, (counts.get(best) ?? 0) + 1);
        if (log === null) continue;
        keep({
          ...facts,
          id: rowId(id, frame.rows, row),
          time,
          patient: hashed(patients?.[row]),
          features: rawRowOf(frame, row),
          probabilities: Object.fromEntries(classes.map((name, k) => [name, own[k]!])),
          abstained: role === "answer" && abstained?.[row] === true,
        });
      }
      for (const [best, rows] of counts) metrics.predicted(role, classes[best]!, rows);
    };
  };

  const noteTable = (answer: TableAnswers): void => {
    add(answer.frame.rows, noteRows(answer, "answer"));
    const refer = answer.abstained?.filter((each) => each).length ?? 0;
    if (refer > 0) metrics.abstained(refer);
    for (const { name, rows } of unknownLevels(answer.frame, answer.model)) metrics.unknownLevels(name, rows);
    shadowed(answer.frame.rows, (model) => {
      if (model.kind !== "table") return;
      const proba = model.predictProba(answer.frame);
      noteRows({ ...answer, model, proba }, "shadow")(0, answer.frame.rows, now());
    });
  };

  const noteCase = (answer: CaseAnswer): void => {
    const keepCase = (
      model: ServedModel,
      ranking: CaseAnswer["ranking"],
      role: PredictionRecord["role"],
      time: number,
    ): void => {
      keep({
        id: answer.id,
        time,
        request: answer.request,
        model: named(model),
        role,
        patient: hashed(answer.patient),
        features: featuresOf(answer.one),
        probabilities: Object.fromEntries(ranking.slice(0, KEPT).map(({ id, probability }) => [id, probability])),
        abstained: role === "answer" && answer.abstained === true,
      });
    };
    add(1, (_from, _to, time) => keepCase(answer.model, answer.ranking, "answer", time));
    if (answer.abstained === true) metrics.abstained(1);
    shadowed(1, (model) => {
      if (model.kind === "cases") keepCase(model, model.rank(answer.one, KEPT, 0).ranking, "shadow", now());
    });
  };

  /** All rows at once: native code predicts them together. */
  const shadowed = (rows: number, work: (model: ServedModel) => void): void => {
    if (shadow.model === null) return;
    add(1, () => {
      using lease = shadow.lease();
      if (lease === null) return;
      try {
        work(lease.model);
      } catch (error) {
        problem(`the shadow model failed on ${rows} ${rows === 1 ? "row" : "rows"}: ${(error as Error).message}`);
      }
    });
  };

  return {
    note: (answer) => (answer.kind === "table" ? noteTable(answer) : noteCase(answer)),
    finish: () => step(Number.POSITIVE_INFINITY),
  };
}

const named = ({ identity: { name, version, hash } }: ServedModel): PredictionRecord["model"] => ({
  name,
  version,
  hash,
});

function indexOfMost(values: Float32Array): number {
  let best = 0;
  for (let k = 1; k < values.length; k++) if (values[k]! > values[best]!) best = k;
  return best;
}

function featuresOf({ present, excluded, sex, age }: CaseAnswer["one"]): RawRow {
  const ids = (terms: CaseAnswer["one"]["present"]): string[] => terms.map(({ id }) => id);
  return { present: ids(present), excluded: ids(excluded), sex, age: age ?? null };
}

/** Columns with levels that training did not have, and in how many rows. */
function unknownLevels({ columns }: Frame, { input }: ServedTable): { name: string; rows: number }[] {
  const known = new Map(input.map((column) => [column.name, column.levels ?? []]));
  return columns.flatMap((column) => {
    const levels = known.get(column.name);
    // A reader hands on the list of training itself where there is nothing new.
    if (!("levels" in column) || levels === undefined || column.levels === levels) return [];
    const rows = strangeRows(column, new Set(levels));
    return rows === 0 ? [] : [{ name: column.name, rows }];
  });
}

function strangeRows(column: CategoricalColumn | MultilabelColumn, known: ReadonlySet<string>): number {
  const isStrange = column.levels.map((level) => !known.has(level));
  if (column.kind === "categorical") return column.codes.reduce((sum, code) => sum + (isStrange[code] ? 1 : 0), 0);
  let rows = 0;
  for (let row = 0; row + 1 < column.offsets.length; row++) {
    const codes = column.codes.subarray(column.offsets[row], column.offsets[row + 1]);
    if (codes.some((code) => isStrange[code])) rows++;
  }
  return rows;
}
