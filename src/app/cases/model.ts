import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { UserError } from "../../core/errors.ts";
import type { KnowledgeBase } from "../../core/knowledge.ts";
import { MODEL_FOLDER } from "../../core/model-files.ts";
import { RANKER_FILES } from "../../experiments/ranking/model.ts";
import { readModel as parseModel, type SavedModel } from "../../ranking/model.ts";
import type { Project } from "../project.ts";
import { readServed } from "../served/files.ts";

/** Where a run has its ranker. */
export const MODEL_ARTIFACT = `${MODEL_FOLDER}/${RANKER_FILES.newPatient}`;

/**
 * Reads a trained ranker.
 * @param address its file, or what `readServed` takes: a run, models:/NAME@ALIAS, a folder
 * @throws UserError when there is none, or it was trained over another knowledge base
 */
export async function readModel(
  project: Project,
  base: KnowledgeBase,
  address: string,
  notify: (notice: { readonly message: string }) => void,
): Promise<SavedModel> {
  const saved = parseModel(await bytesOf(project, address, notify), address);
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

async function bytesOf(...[project, address, notify]: Parameters<typeof readServed>): Promise<Uint8Array> {
  if (statSync(resolve(address), { throwIfNoEntry: false })?.isFile()) return readFileSync(resolve(address));
  const { files, runId } = await readServed(project, address, notify);
  const bytes = files[RANKER_FILES.newPatient];
  if (bytes) return bytes;
  throw new UserError("it has no ranker", {
    where: runId === null ? address : `run ${runId}`,
    fix: "Name a trial of an experiment on cases, or a run of: disease cases train SOLVED --experiment NAME",
  });
}
