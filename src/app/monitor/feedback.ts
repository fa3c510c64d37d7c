import { mkdtempSync, rmSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { systemClock } from "../../core/clock.ts";
import { UserError } from "../../core/errors.ts";
import { PLAIN_NUMBER } from "../../core/formats/cells.ts";
import { suggestion } from "../../experiments/located.ts";
import { RANKER_FILES } from "../../experiments/ranking/model.ts";
import { type FeedbackRecord, readOutcomes, writeFeedback } from "../../lake/predictions/feedback.ts";
import { type OutcomeRow, readOutcomeRows } from "../../lake/predictions/outcome-rows.ts";
import { readPredictions } from "../../lake/predictions/read.ts";
import { type Project, showPath } from "../project.ts";
import { patientHash, projectKey } from "../project-key.ts";
import { readServed } from "../served/files.ts";
import type { ServedFiles } from "../served/identity.ts";
import { predictionsFolder } from "./folder.ts";

/** Rows of a file, by their numbers: of a table from 1, without the header; of NDJSON the lines. */
interface Rows {
  readonly count: number;
  /** The first ones. */
  readonly rows: readonly number[];
}

export interface FeedbackResult {
  /** Registered name, run or hash of the model. */
  readonly model: string;
  readonly file: string;
  readonly rows: number;
  /** Outcomes that are new … */
  readonly added: number;
  /** … of these, those that take the place of another outcome of the same patient or prediction, given before. */
  readonly changed: Rows;
  /** Were known as they are. */
  readonly known: number;
  /** Rows without an outcome. */
  readonly open: number;
  /** Rows of predictions or patients that the log has not: left out. */
  readonly unknown: Rows;
  /** Rows in whose place a later one of the same file holds … */
  readonly repeated: Rows;
  /** … and those among them that say another outcome. */
  readonly conflicting: Rows;
}

const SHOWN = 20;
const listed = (rows: readonly number[]): Rows => ({ count: rows.length, rows: rows.slice(0, SHOWN) });

/**
 * Joins outcomes to the predictions of a model: keeps those whose prediction or patient is in its log. Giving the same file again adds
 * nothing.
 * @param address as serving takes it, or a registered name by itself
 * @param file CSV or NDJSON; "-" is standard input
 * @throws UserError when the file cannot be used, an outcome is no class of the model, or no row belongs to a prediction; nothing is
 *   kept then
 */
export async function giveFeedback(
  project: Project,
  address: string,
  file: string,
  notify: (notice: { readonly message: string }) => void,
): Promise<FeedbackResult> {
  const model = await readServed(project, addressOf(address), notify);
  const rows = await rowsOf(file);
  const where = file === "-" ? "standard input" : showPath(project, resolve(file));
  const folder = predictionsFolder(project, model);
  const records = recordsOf(project, rows, outcomeReader(model, where), where);
  const log = await known(folder, records, notify);
  const unknown = records.filter(({ key }) => !log.has(key));
  if (records.length > 0 && unknown.length === records.length) {
    throw new UserError("no row belongs to a prediction of this model", {
      where,
      fix: [
        `The log has ${log.predictions} predictions${log.predictions === 0 ? `: ${showPath(project, folder)}` : ", of other ids and patients"}.`,
        "Patients are found with the key of the project that served them: DISEASE_PROJECT_KEY or .disease/project.key.",
      ],
    });
  }
  const last = new Map(records.map((each) => [each.key, each]));
  const repeated = records.filter((each) => last.get(each.key) !== each);
  const before = await readOutcomes(folder);
  const stateOf = ({ record }: Kept): "new" | "changed" | "known" => {
    const { prediction_id: id, patient } = record;
    const old = id === null ? before.byPatient.get(patient!) : before.byPrediction.get(id);
    if (old === undefined) return "new";
    if (old.outcome !== record.outcome) return "changed";
    return record.time === null || record.time === old.time ? "known" : "new";
  };
  const sorted = Map.groupBy(
    [...last.values()].filter(({ key }) => log.has(key)),
    stateOf,
  );
  const changed = sorted.get("changed") ?? [];
  const added = [...(sorted.get("new") ?? []), ...changed];
  await writeFeedback(
    folder,
    added.map(({ record }) => record),
  );
  return {
    model: model.name ?? model.runId ?? model.hash,
    file: where,
    rows: rows.length,
    added: added.length,
    changed: listed(changed.map(({ row }) => row)),
    known: sorted.get("known")?.length ?? 0,
    open: rows.length - records.length,
    unknown: listed(unknown.map(({ row }) => row)),
    repeated: listed(repeated.map(({ row }) => row)),
    conflicting: listed(
      repeated.filter(({ key, record }) => last.get(key)!.record.outcome !== record.outcome).map(({ row }) => row),
    ),
  };
}

/** A registered name by itself means its newest version: all versions share one log. */
function addressOf(address: string): string {
  return /^(models|runs):\/|[\\/]|^[0-9a-f]{32}$/.test(address) ? address : `models:/${address}`;
}

async function rowsOf(file: string): Promise<readonly OutcomeRow[]> {
  if (file !== "-") return readOutcomeRows(resolve(file));
  const folder = mkdtempSync(join(tmpdir(), "disease-"));
  try {
    const path = join(folder, "standard input");
    await pipeline(process.stdin, (stream) => writeFile(path, stream, { mode: 0o600 }));
    return await readOutcomeRows(path);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A row that says an outcome. */
interface Kept {
  readonly row: number;
  /** What it is about. */
  readonly key: string;
  readonly record: FeedbackRecord;
}

function recordsOf(
  project: Project,
  rows: readonly OutcomeRow[],
  outcomeOf: (row: OutcomeRow, outcome: string) => string,
  where: string,
): readonly Kept[] {
  const recorded = systemClock.now();
  let secret: string | undefined;
  return rows.flatMap((row): Kept[] => {
    if (row.outcome === null) return [];
    const outcome = outcomeOf(row, row.outcome);
    const time = row.time === null ? null : timeOf(row.time, `${where}, row ${row.row}, column time`);
    const shared = { outcome, time, recorded };
    if (row.prediction_id !== null) {
      const record = { prediction_id: row.prediction_id, patient: null, ...shared };
      return [{ row: row.row, key: `prediction ${row.prediction_id}`, record }];
    }
    if (row.patient === null) {
      throw new UserError("the row names neither a prediction nor a patient", {
        where: `${where}, row ${row.row}`,
        fix: "Fill in prediction_id or patient.",
      });
    }
    secret ??= projectKey(project.root);
    const patient = patientHash(secret, row.patient);
    return [{ row: row.row, key: `patient ${patient}`, record: { prediction_id: null, patient, ...shared } }];
  });
}

/** An outcome as the model calls it. */
function outcomeReader({ files }: ServedFiles, where: string): (row: OutcomeRow, outcome: string) => string {
  const refuse = ({ row }: OutcomeRow, message: string, fix: string): never => {
    throw new UserError(message, { where: `${where}, row ${row}, column outcome`, fix });
  };
  if (RANKER_FILES.newPatient in files) {
    return (row, outcome) =>
      /^[A-Za-z]+:\d+$/.test(outcome)
        ? outcome
        : refuse(row, "not an id of a disease", "Write it as the answers do, e.g. ORPHA:558 or OMIM:154700.");
  }
  const card = JSON.parse(Buffer.from(files["model.json"]!).toString()) as { readonly classes: readonly string[] };
  const classes = new Set(card.classes);
  return (row, outcome) => {
    if (classes.has(outcome)) return outcome;
    // As the reader of tables names the levels of numbers: "1.0" is "1".
    const plain = PLAIN_NUMBER.test(outcome) ? String(Number(outcome)) : outcome;
    return classes.has(plain) ? plain : refuse(row, "not a class of the model", suggestion(outcome, card.classes));
  };
}

/** Milliseconds since the epoch; a day by itself is over when it ends. */
function timeOf(text: string, where: string): number {
  const isDay = /^\d{4}-\d\d-\d\d$/.test(text);
  const time = /^\d{12,14}$/.test(text)
    ? Number(text)
    : /^\d{4}-\d\d-\d\d/.test(text)
      ? Date.parse(isDay ? `${text}T23:59:59.999Z` : text)
      : Number.NaN;
  if (!Number.isNaN(time)) return time;
  throw new UserError("not a time", {
    where,
    fix: "Write 2026-11-24, 2026-11-24T10:30:00Z, or milliseconds since 1970.",
  });
}

/** Which of the keys the log knows. */
async function known(
  folder: string,
  records: readonly Kept[],
  notify: (notice: { readonly message: string }) => void,
): Promise<{ readonly predictions: number; has(key: string): boolean }> {
  const asked = new Set(records.map(({ key }) => key));
  const found = new Set<string>();
  let predictions = 0;
  let skipped = 0;
  const onSkipped = (_: string, lines: number): void => {
    skipped += lines;
  };
  for await (const { id, patient } of readPredictions(folder, { onSkipped })) {
    predictions++;
    for (const key of [`prediction ${id}`, ...(patient === null ? [] : [`patient ${patient}`])])
      if (asked.has(key)) found.add(key);
  }
  if (skipped > 0) notify({ message: `${skipped} lines of the prediction log cannot be read` });
  return { predictions, has: (key) => found.has(key) };
}
