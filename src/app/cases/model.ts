import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { UserError } from "../../core/errors.ts";
import type { KnowledgeBase } from "../../core/knowledge.ts";
import { MODEL_FOLDER } from "../../core/model-files.ts";
import type { TrackingStore } from "../../core/store.ts";
import { RANKER_FILES } from "../../experiments/ranking/model.ts";
import { findRun } from "../../experiments/read/browse.ts";
import { readModel as parseModel, type SavedModel } from "../../ranking/model.ts";
import { checkFiles, parseRef, readState, versionOf } from "../../registry/state.ts";
import { openStore, type Project } from "../project.ts";
import { withRegistry } from "../workbench.ts";

/** Where a run has its ranker. */
export const MODEL_ARTIFACT = `${MODEL_FOLDER}/${RANKER_FILES.newPatient}`;

/**
 * Reads a trained ranker.
 * @param address its file, the id of the run that has it (or its first digits), or models:/NAME@ALIAS, models:/NAME/VERSION
 * @throws UserError when there is none, or it was trained over another knowledge base
 */
export async function readModel(project: Project, base: KnowledgeBase, address: string): Promise<SavedModel> {
  const saved = parseModel(await bytesOf(project, address), address);
  const { knowledge, releases } = saved.settings;
  if (knowledge !== base.release.hash)
    throw new UserError("the ranker was learned over another knowledge base", {
      where: address,
      fix: [
        `It knows ${releases} (${knowledge.slice(0, 8)}): give its folder with --knowledge DIR,`,
        "or learn anew: disease cases train SOLVED",
      ],
    });
  return saved;
}

async function bytesOf(project: Project, address: string): Promise<Uint8Array> {
  if (address.startsWith("models:/")) return registered(project, address);
  if (existsSync(resolve(address))) return readFileSync(resolve(address));
  if (!/^[0-9a-f]{4,32}$/.test(address))
    throw new UserError("there is no such file, and it is neither the id of a run nor models:/NAME@champion", {
      where: address,
      fix: "Make a ranker with: disease cases train SOLVED --out FILE",
    });
  const store = openStore(project, () => {}, { readOnly: true });
  try {
    const { info } = await findRun(store, address);
    return await rankerOf(store, info.runId);
  } finally {
    store.close();
  }
}

/** The ranker of a version as it was registered. */
function registered(project: Project, address: string): Promise<Uint8Array> {
  return withRegistry(
    project,
    () => {},
    { readOnly: true },
    async (bench) => {
      const ref = parseRef(address);
      const version = versionOf(await readState(bench.registry, ref.name), ref);
      if (version.runId === null) {
        throw new UserError(`version ${version.version} belongs to no run`, { where: address });
      }
      await checkFiles(bench, version);
      return rankerOf(bench.store, version.runId);
    },
  );
}

/** @throws UserError when the run has none */
async function rankerOf(store: TrackingStore, runId: string): Promise<Uint8Array> {
  const files = await store.listArtifacts(runId, MODEL_FOLDER);
  if (!files.some(({ path }) => path === MODEL_ARTIFACT)) {
    throw new UserError("the run has no ranker", {
      where: `run ${runId}`,
      fix: "Name a trial of an experiment on cases, or a run of: disease cases train SOLVED --experiment NAME",
    });
  }
  return store.readArtifact(runId, MODEL_ARTIFACT);
}
