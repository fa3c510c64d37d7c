import type { ModelIdentity, ValidationSummary } from "../../core/serving.ts";
import { decodeSummary, SUMMARY_FILE } from "../../experiments/explain/summary.ts";
import type { ServedFiles } from "./files.ts";

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
