import { join } from "node:path";
import type { PredictionRecord } from "../../core/serving/serving.ts";
import { createDecoder } from "./format.ts";
import { dayOf } from "./log.ts";
import { daysIn, linesOf, segmentsIn } from "./segments.ts";

export interface ReadOptions {
  /** Milliseconds since the epoch; `since` is in, `until` is not. */
  readonly since?: number;
  readonly until?: number;
  /** Told of lines that are no record: the last one of a killed writer, damage. */
  onSkipped?(file: string, lines: number): void;
}

/**
 * Predictions of a model, by day, as segments hold them; several writers' are not merged by time. Reads while others write.
 * @param folder lake/predictions/NAME; nothing where it is absent
 */
export async function* readPredictions(
  folder: string,
  { since = Number.NEGATIVE_INFINITY, until = Number.POSITIVE_INFINITY, onSkipped }: ReadOptions = {},
): AsyncGenerator<PredictionRecord, void> {
  const first = Number.isFinite(since) ? dayOf(since) : "";
  const last = Number.isFinite(until) ? dayOf(until) : "9";
  for (const day of await daysIn(folder)) {
    if (day < first || day > last) continue;
    for (const path of await segmentsIn(join(folder, day))) {
      const decode = createDecoder();
      let skipped = 0;
      for await (const line of linesOf(path, () => skipped++)) {
        const record = decode(line);
        if (record === undefined) skipped++;
        else if (record !== null && record.time >= since && record.time < until) yield record;
      }
      if (skipped > 0) onSkipped?.(path, skipped);
    }
  }
}
