import type { z } from "zod";
import type { Column } from "./dataset.ts";
import type { Scored } from "./metric.ts";

/** The business requirements of a model: rules, each with a verdict. "inconclusive" is never a pass. */
export type Verdict = "pass" | "fail" | "inconclusive";

export interface RuleVerdict {
  /** The rule's id, with what it was asked where several of one kind stand in a gate, e.g. "metric f1_macro ≥ 0.9". */
  readonly rule: string;
  readonly verdict: Verdict;
  /** The number that decided; null where there is none. */
  readonly value: number | null;
  /** Interval of the value; null where it has none. */
  readonly low: number | null;
  readonly high: number | null;
  /** Patients (rows) that it rests on; null where it does not rest on patients. */
  readonly n: number | null;
  /** One sentence for a reader: what was asked, what was found. */
  readonly message: string;
  /**
   * Why no better model would change the verdict: it lies in the data (their age, what they lack), or in how few these patients
   * are. Absent where a better model could.
   */
  readonly bound?: "data" | "patients";
}

/** A model's predictions for the test rows, all subjects for the same rows in the same order. */
export interface GateSubject {
  readonly runId: string;
  readonly scored: Scored;
}

/** What a rule may look at. The gate is the only reader of the test split. */
export interface GateContext {
  readonly candidate: GateSubject;
  /** Absent when there is no champion yet, or with `reason` when it cannot be compared. */
  readonly champion?: GateSubject;
  /** Why the champion cannot be compared on these patients (it was trained on some of them, other classes, …). */
  readonly championProblem?: string;
  /** The candidate's predictions on validation, as its run kept them. */
  readonly validation: Scored;
  /** [test rows] patient of each row (or the row itself): what a bootstrap draws. */
  readonly units: Int32Array;
  /** Raw columns of the test rows, features and extra ones, for subgroups; never printed. */
  readonly columns: readonly Column[];
  /** Rows that stand in test and in train or validation alike; groups (patients) that do. */
  readonly leakage: { readonly identicalRows: number; readonly sharedGroups: number };
  readonly facts: {
    /** Milliseconds since the epoch: when the data file was last changed; null where it is unknown. */
    readonly dataTime: number | null;
    /** Releases of the knowledge base by name (HPO, Orphanet, OMIM); empty where none was used, null where the run does not say. */
    readonly knowledge: Readonly<Record<string, string>> | null;
    readonly modelBytes: number;
    /** Milliseconds to predict one raw row, median of repeated predictions. */
    latencyMs(): number;
  };
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly bootstrap: { readonly resamples: number; readonly level: number; readonly seed: number };
}

/** One kind of requirement. One file in src/gates, whose name is the id. Pure: the same context, the same verdict. */
export interface GateRule<P = unknown> {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly params: z.ZodType<P>;
  /** Whether it can judge rankings too; absent: it needs the probability of every class, and is inconclusive about them. */
  readonly rankings?: true;
  evaluate(context: GateContext, params: P): readonly RuleVerdict[];
}

/** What a gate said of a run: what a promotion rests on and its audit keeps. */
export interface GateOutcome {
  /** Its name, e.g. "clinical". */
  readonly gate: string;
  /** sha-256 of the gate file. */
  readonly gateHash: string;
  /** The worst of the rules: fail, then inconclusive, then pass. */
  readonly verdict: Verdict;
  readonly rules: readonly RuleVerdict[];
  readonly runId: string;
  /** The run that it was compared with; null where there is no champion. */
  readonly championRunId: string | null;
  /** How often gates have looked at this test split, this look included. */
  readonly looks: number;
  readonly dataHash: string;
  /** sha-256 of the model's files. */
  readonly modelHash: string;
}

/** Fail if any rule fails, else inconclusive if any is, else pass. Nothing judged is no pass. */
export function worstOf(rules: readonly Pick<RuleVerdict, "verdict">[]): Verdict {
  if (rules.some((r) => r.verdict === "fail")) return "fail";
  return rules.length === 0 || rules.some((r) => r.verdict === "inconclusive") ? "inconclusive" : "pass";
}

/** Verdicts under different names: the second of a name is called "name (2)". */
export function withOwnNames<V extends Pick<RuleVerdict, "rule">>(rules: readonly V[]): V[] {
  const seen = new Map<string, number>();
  return rules.map((verdict) => {
    const count = (seen.get(verdict.rule) ?? 0) + 1;
    seen.set(verdict.rule, count);
    return count === 1 ? verdict : { ...verdict, rule: `${verdict.rule} (${count})` };
  });
}
