/** When a model names no disease: thresholds that are set, or chosen on its validation patients. */
import { UserError } from "../../core/errors.ts";
import type { ServedModel } from "../../core/serving/serving.ts";
import { suggestThreshold } from "../../statistics/abstention.ts";

export interface AbstentionSettings {
  /** No disease is named where the best one is less probable; null: one always is. */
  readonly below: number | null;
  /** The same, by the least probability from which on answers were as accurate on validation, in 0–1. */
  readonly accuracy: number | null;
  /** No disease is named where none of those that a ranking looked at closely is likelier than this. */
  readonly noneAbove: number | null;
}

export const ALWAYS_ANSWER: AbstentionSettings = { below: null, accuracy: null, noneAbove: null };

/** The thresholds of one model. */
export interface Abstention {
  readonly below: number | null;
  readonly none_above: number | null;
  readonly source: "setting" | "validation" | "none";
}

export interface ChosenAbstention {
  readonly abstention: Abstention;
  /** How a threshold that validation chose did there; null where none was. */
  readonly told: string | null;
}

/** @throws UserError when the model cannot abstain as it is asked to */
export function abstentionFor(
  model: ServedModel,
  { below, accuracy, noneAbove }: AbstentionSettings,
): ChosenAbstention {
  if (noneAbove !== null && (model.kind === "table" || model.saysNone === false)) {
    throw new UserError("this model gives no probability that it is none of its diseases", {
      where: `--refer-above-none ${noneAbove}`,
      fix: "Leave the flag away; --abstain-below looks at the likeliest disease.",
    });
  }
  if (accuracy === null) {
    const source = below === null && noneAbove === null ? "none" : "setting";
    return { abstention: { below, none_above: noneAbove, source }, told: null };
  }
  const where = `--abstain-accuracy ${accuracy}`;
  if (!model.validation) {
    throw new UserError(`nothing is known of how ${model.identity.address} did on validation`, {
      where,
      fix: [
        "Train it again: a sweep keeps predictions/summary.bin with each run (a folder needs it beside model/);",
        "or choose a threshold yourself: --abstain-below P.",
      ],
    });
  }
  const point = suggestThreshold(model.validation, accuracy);
  if (point === null) {
    throw new UserError("no threshold was as accurate on validation, with 20 patients or more above it", {
      where,
      fix: "Ask for less, or choose a threshold yourself: --abstain-below P.",
    });
  }
  const { threshold, coverage, low, high, rows } = point;
  return {
    abstention: { below: threshold, none_above: noneAbove, source: "validation" },
    told:
      `no disease is named below a probability of ${threshold}: on validation ${percent(coverage)} of the patients got an answer, ` +
      `and ${percent(point.accuracy)} of these ${rows} were right (95 % interval ${percent(low)} to ${percent(high)})`,
  };
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
