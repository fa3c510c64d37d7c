/** What turns patients into lines of the output, whatever the model is. */
import type { Abstention } from "../../serving/clinical/abstention.ts";
import type { Mapping } from "../../serving/clinical/mapping.ts";
import type { InputBatch } from "./input.ts";
import type { OutputCell, OutputColumn } from "./output.ts";

export interface PredictorOptions {
  /** Column of a table that names its rows. */
  readonly id?: string;
  /** Reasons for each row's first disease. */
  readonly explain: number;
  /** Whether the probability of every class is written (of a ranker: of the best diseases). */
  readonly proba: boolean;
  /** Diseases of a ranker that are listed with `proba`. */
  readonly top: number;
  readonly abstention: Abstention;
  readonly mapping?: Mapping;
}

/** A row of the output: what the summary counts, and its cells. */
export interface PredictedRow {
  /** Null where no disease is named. */
  readonly predicted: string | null;
  readonly cells: readonly OutputCell[];
}

export interface Predictor {
  readonly columns: readonly OutputColumn[];
  /** Parts of a batch, one after the other. @throws UserError for a patient that cannot be read */
  predict(batch: InputBatch): Iterable<readonly PredictedRow[]>;
}
