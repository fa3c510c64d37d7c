import { UserError } from "../../core/errors.ts";
import { MODEL_FOLDER } from "../../core/model-files.ts";
import type { DeployModel } from "../../deploy/types.ts";
import { RANKER_FILES } from "../../experiments/ranking/model.ts";
import type { Project } from "../project.ts";
import { readServed } from "../served/files.ts";

/**
 * What a deployment has to know of a registered version.
 * @throws UserError when it is not registered, or its files are not those that were
 */
export async function deployModel(
  project: Project,
  address: string,
  notify: (notice: { readonly message: string }) => void,
): Promise<DeployModel> {
  if (!address.startsWith("models:/")) {
    throw new UserError("only what is registered is deployed", {
      where: address,
      fix: "Name models:/NAME@champion or models:/NAME/VERSION; `disease models register RUN --name NAME` registers a run.",
    });
  }
  const { name, version, runId, hash, files, beside } = await readServed(project, address, notify);
  if (name === null || version === null) throw new Error("a registered model has a name and a version");
  const text = (file: string): string | null => (file in files ? new TextDecoder().decode(files[file]) : null);
  const { family } = JSON.parse(text("model.json") ?? "{}") as { family?: string };
  return {
    address,
    name,
    version,
    runId,
    hash,
    family: family ?? "unknown",
    kind: RANKER_FILES.newPatient in files ? "cases" : "table",
    files: {
      ...beside,
      ...Object.fromEntries(Object.entries(files).map(([path, bytes]) => [`${MODEL_FOLDER}/${path}`, bytes])),
    },
    request: "MLmodel" in files ? text("serving_input_example.json") : null,
  };
}
