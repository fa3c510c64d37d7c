/** What a way of ranking diseases for a case is: one file each in methods/. */
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

export interface RankingMethod {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  /** Whether it learns from solved cases. */
  readonly learns: boolean;
  train(context: TrainContext): Promise<Ranker>;
}
