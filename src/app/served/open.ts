/** Opens a model so that it answers: for the service, batch prediction and monitoring. */
import type { ServedModel } from "../../core/serving/serving.ts";
import { RANKER_FILES } from "../../experiments/ranking/model.ts";
import type { Project } from "../project.ts";
import { readServed } from "./files.ts";
import type { OpenServedOptions } from "./identity.ts";

export { type ServedVersion, servedVersion } from "./files.ts";
export type { OpenServedOptions } from "./identity.ts";

/**
 * Opens the model of an address: models:/NAME@ALIAS, models:/NAME/VERSION, models:/NAME (the newest), runs:/ID/model, the id of a run,
 * or a folder. Its files are checked against the hash of their registration.
 * @throws UserError when there is none, its files are not the registered ones, or it needs another knowledge base
 */
export async function openServed(project: Project, address: string, options: OpenServedOptions): Promise<ServedModel> {
  const served = await readServed(project, address, options.notify);
  // What one kind of model needs is not loaded for the other.
  if (RANKER_FILES.newPatient in served.files) {
    const { openServedCases } = await import("./cases.ts");
    return openServedCases(project, served, options);
  }
  const { openServedTable } = await import("./table.ts");
  return openServedTable(served);
}
