/** What a way of ranking diseases for a case is: one file each in methods/. */
import type { z } from "zod";
import type { AnswerSettings } from "./answers.ts";
import type { DiseaseKnowledge } from "./knowledge.ts";
import type { CaseQuery, SolvedCase } from "./query.ts";

export interface TrainContext {
  readonly knowledge: DiseaseKnowledge;
  /** Cases to learn from. None of them may be of a publication that the ranker is judged by. */
  readonly solved: readonly SolvedCase[];
  /**
   * Setting (b): whoever asks has his own publication's annotations left out, so training does so for each of its queries. No feature
   * may tell how much a disease has lost by it.
   */
  readonly leavePublicationOut: boolean;
  readonly seed: number;
  /** Hyper-parameters that are not to be the method's defaults. */
  readonly params?: Readonly<Record<string, unknown>>;
  /** Threads of native libraries; 1 when absent. */
  readonly threads?: number;
  readonly signal: AbortSignal;
}

export interface Ranker {
  /**
   * Scores of all diseases of the knowledge for a case, higher is likelier: [diseases], -Infinity where nothing is known of one,
   * so that it cannot be an answer. With `leavePublicationOut` what rests on the case's publication alone does not count.
   */
  score(query: CaseQuery): Float64Array;
  /** Scores are divided by it before the softmax that makes them probabilities. */
  readonly temperature: number;
  /** Score of "none of these", on the scale of the scores; absent where it was not learned. */
  readonly none?: number;
  dispose(): void;
}

/** How the knowledge was built that a ranker is of; it is of use with the same alone. */
export interface RankerSettings extends AnswerSettings {
  /** Hash of the knowledge base, and its releases as a person reads them. */
  readonly knowledge: string;
  readonly releases: string;
  readonly leavePublicationOut: boolean;
  /** Diseases of solved cases that the knowledge base lacks or not: they were candidates too. */
  readonly others: readonly { readonly id: string; readonly name: string }[];
}

export interface RankingMethod {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  /** Hyper-parameters: each has a default and a description, unknown keys are refused. */
  readonly params: z.ZodObject;
  /** Whether it learns from solved cases. */
  readonly learns: boolean;
  train(context: TrainContext): Promise<Ranker>;
  /** Bytes of what was learned, which `readModel` opens; absent where training again takes no time. */
  save?(settings: RankerSettings, ranker: Ranker): Uint8Array;
}
