import type { ModelIdentity, ValidationSummary } from "../../core/serving/serving.ts";
import { decodeSummary, SUMMARY_FILE } from "../../experiments/explain/summary.ts";

/** A model's files and what they are called. */
export interface ServedFiles {
  /** As the user named it. */
  readonly address: string;
  /** Registered name and version; null for a run's model or a folder. */
  readonly name: string | null;
  readonly version: string | null;
  readonly runId: string | null;
  /** SHA-256 of `files`. */
  readonly hash: string;
  /** Files of the model by name. */
  readonly files: Readonly<Record<string, Uint8Array>>;
  /** Files of its run that serving needs besides, by their path among the artifacts, where they are. */
  readonly beside: Readonly<Record<string, Uint8Array>>;
}

export interface OpenServedOptions {
  /** Folder of the knowledge base of a model that ranks; the project's data/knowledge, else the excerpt that ships, when absent. */
  readonly knowledge?: string;
  notify(notice: { readonly message: string }): void;
}

/** What is told of a model. */
export function identityOf(
  { address, name, version, runId, hash }: ServedFiles,
  rest: Pick<ModelIdentity, "family" | "codeVersion" | "knowledge">,
): ModelIdentity {
  return { address, name, version, runId, hash, ...rest };
}

/** How it did on validation, and the means of its columns; nothing of a model that was trained without them. */
export function summaryOf({ beside, address }: ServedFiles): {
  readonly validation: ValidationSummary | null;
  readonly means?: Float32Array;
} {
  const bytes = beside[SUMMARY_FILE];
  return bytes === undefined ? { validation: null } : decodeSummary(bytes, address);
}
