/** The file beside a model by which it says how sure it may be, and what its columns are held against. */
import { deflateSync, inflateSync } from "node:zlib";
import { messageOf, UserError } from "../../core/errors.ts";
import { pack, unpack } from "../../core/formats/container.ts";
import type { Scored } from "../../core/metric.ts";
import type { ValidationSummary } from "../../core/serving/serving.ts";
import { summariseValidation } from "../../statistics/calibration/validation.ts";

/** Its path among a run's artifacts. */
export const SUMMARY_FILE = "predictions/summary.bin";

/** It has no more bytes than these, however many classes there are. */
const MOST_BYTES = 50_000;
/** Widths of the bins by class, in log-odds: coarser ones where finer ones need too much room. */
const WIDTHS = [0.25, 0.5, 1];

export interface SummaryFile {
  readonly validation: ValidationSummary;
  /** [prepared columns] of the training rows; absent where they are not known */
  readonly means?: Float32Array;
}

/** @param means left out where they would need too much room */
export function encodeSummary(scored: Scored, means?: Float32Array): Uint8Array {
  const kept = means && means.byteLength <= MOST_BYTES / 2 ? { means } : {};
  const bytesOf = (validation: ValidationSummary): Uint8Array => deflateSync(pack({ format: 1, validation, ...kept }));
  for (const width of WIDTHS) {
    const bytes = bytesOf(summariseValidation(scored, width));
    if (bytes.length <= MOST_BYTES) return bytes;
  }
  const none = new Uint32Array(0);
  return bytesOf({ ...summariseValidation(scored, 1), byClass: { bins: 0, rows: none, positives: none } });
}

/** @throws UserError when it is damaged or of a later version */
export function decodeSummary(bytes: Uint8Array, where: string): SummaryFile {
  try {
    const { format, ...file } = unpack(inflateSync(bytes)) as SummaryFile & { readonly format: number };
    if (format === 1) return file;
    throw new Error(`format ${format} is not known`);
  } catch (error) {
    throw new UserError(`${SUMMARY_FILE} cannot be read: ${messageOf(error)}`, { where });
  }
}

/** [cols] means of the values that are there; 0 where there are none */
export function columnMeans({
  rows,
  cols,
  data,
}: {
  readonly rows: number;
  readonly cols: number;
  readonly data: Float32Array;
}): Float32Array {
  const sums = new Float64Array(cols);
  const counts = new Uint32Array(cols);
  for (let row = 0, at = 0; row < rows; row++) {
    for (let j = 0; j < cols; j++, at++) {
      const value = data[at]!;
      if (Number.isNaN(value)) continue;
      sums[j]! += value;
      counts[j]!++;
    }
  }
  return Float32Array.from(sums, (sum, j) => (counts[j] === 0 ? 0 : sum / counts[j]!));
}
