import { randomUUID } from "node:crypto";
import { open, rename } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import type { PredictionRecord } from "../../core/serving/serving.ts";
import { linesOf, makeFolder, segmentsIn } from "./segments.ts";

const Schema = z.object({
  /** Of one prediction … */
  prediction_id: z.string().nullable(),
  /** … or of all that were made for a patient until `time`: HMAC-SHA-256 of the patient's key, hex. */
  patient: z.string().nullable(),
  /** A class of the model; an id of a disease. */
  outcome: z.string(),
  /** When it was known, milliseconds since the epoch; null where nobody said. */
  time: z.number().nullable(),
  /** When it was given to us. */
  recorded: z.number(),
});

/** What a patient turned out to have. */
export type FeedbackRecord = z.infer<typeof Schema>;

export interface FeedbackOptions {
  /** Told of lines that are no record. */
  onSkipped?(file: string, lines: number): void;
}

const FEEDBACK = "feedback";

/** Feedback on a model's predictions, in the order in which it was given. @param folder lake/predictions/NAME */
export async function* readFeedback(
  folder: string,
  { onSkipped }: FeedbackOptions = {},
): AsyncGenerator<FeedbackRecord, void> {
  for (const path of await segmentsIn(join(folder, FEEDBACK))) {
    let skipped = 0;
    for await (const line of linesOf(path, () => skipped++)) {
      const record = parse(line);
      if (record) yield record;
      else skipped++;
    }
    if (skipped > 0) onSkipped?.(path, skipped);
  }
}

function parse(line: string): FeedbackRecord | undefined {
  try {
    return Schema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

/** Adds records as one file: all of them or none. @returns its path; null when there are none */
export async function writeFeedback(folder: string, records: readonly FeedbackRecord[]): Promise<string | null> {
  const [first] = records;
  if (first === undefined) return null;
  const into = await makeFolder(folder, FEEDBACK);
  // By name in the order of time.
  const stamp = new Date(first.recorded).toISOString().replace(/[:.]/g, "-");
  const path = join(into, `${stamp}-${hostname().replace(/[^\w.-]/g, "_")}-${randomUUID().slice(0, 8)}.ndjson`);
  const file = await open(`${path}.tmp`, "wx", 0o600);
  try {
    await file.writeFile(records.map((record) => `${JSON.stringify(record)}\n`).join(""));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.tmp`, path);
  return path;
}

/** Outcomes by what they are about; of several on one thing the last. */
export interface Outcomes {
  readonly byPrediction: ReadonlyMap<string, FeedbackRecord>;
  readonly byPatient: ReadonlyMap<string, FeedbackRecord>;
}

export async function readOutcomes(folder: string, options: FeedbackOptions = {}): Promise<Outcomes> {
  const byPrediction = new Map<string, FeedbackRecord>();
  const byPatient = new Map<string, FeedbackRecord>();
  for await (const record of readFeedback(folder, options)) {
    if (record.prediction_id !== null) byPrediction.set(record.prediction_id, record);
    else if (record.patient !== null) byPatient.set(record.patient, record);
  }
  return { byPrediction, byPatient };
}

/**
 * What came of a prediction: what was said of it by itself, else of its patient, unless that was known before the prediction was made.
 */
export function outcomeOf({ byPrediction, byPatient }: Outcomes, record: PredictionRecord): FeedbackRecord | undefined {
  const own = byPrediction.get(record.id);
  if (own || record.patient === null) return own;
  const known = byPatient.get(record.patient);
  return known && (known.time === null || known.time >= record.time) ? known : undefined;
}
