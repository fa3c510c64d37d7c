/** Opens a model so that it answers: for the service, batch prediction and monitoring. */
import type { ModelIdentity, ServedModel, ValidationSummary } from "../../core/serving.ts";
import { decodeSummary, SUMMARY_FILE } from "../../experiments/explain/summary.ts";
import { RANKER_FILES } from "../../experiments/ranking/model.ts";
import type { Project } from "../project.ts";
import { readServed, type ServedFiles } from "./files.ts";

export { type ServedVersion, servedVersion } from "./files.ts";

export interface OpenServedOptions {
  /** Folder of the knowledge base of a model that ranks; the project's data/knowledge, else the excerpt that ships, when absent. */
  readonly knowledge?: string;
  notify(notice: { readonly message: string }): void;
}

/**
 * Opens the model of an address: models:/NAME@ALIAS, models:/NAME/VERSION, models:/NAME (the newest), runs:/ID/model, the id of a run,
 * or a folder. Its files are checked against the hash of their registration.
 * @throws UserError when there is none, its files are not the registered ones, or it needs another knowledge base
 */
export async function openServed(project: Project, address: string, options: OpenServedOptions): Promise<ServedModel> {
  return openFiles(project, await readServed(project, address, options.notify), options);
}

/** The same of files that were read already. */
export async function openFiles(
  project: Project,
  served: ServedFiles,
  options: OpenServedOptions,
): Promise<ServedModel> {
  // What one kind of model needs is not loaded for the other.
  if (RANKER_FILES.newPatient in served.files) {
    const { openServedCases } = await import("./cases.ts");
    return openServedCases(project, served, options);
  }
  const { openServedTable } = await import("./table.ts");
  return openServedTable(served);
}

/** How it did on validation. */
export function summaryOf({ beside, address }: ServedFiles): {
  readonly validation: ValidationSummary | null;
  readonly means?: Float32Array;
} {
  const bytes = beside[SUMMARY_FILE];
  return bytes === undefined ? { validation: null } : decodeSummary(bytes, address);
}

/** What is told of a model. */
export function identityOf(
  { address, name, version, runId, hash }: ServedFiles,
  rest: Pick<ModelIdentity, "family" | "codeVersion" | "knowledge">,
): ModelIdentity {
  return { address, name, version, runId, hash, ...rest };
}
