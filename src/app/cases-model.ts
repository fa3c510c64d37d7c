import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { UserError } from "../core/errors.ts";
import type { KnowledgeBase } from "../core/knowledge.ts";
import type { SavedRanker } from "../ranking/learned/saved.ts";
import { readRanker } from "../ranking/learned/saved.ts";
import { openStore, type Project } from "./project.ts";

/** Where a run has its learned ranker. */
export const MODEL_ARTIFACT = "model/orphan.bin";

/**
 * Reads a learned ranker.
 * @param address its file, or the id of the run that has it
 * @throws UserError when there is none, or it was learned over another knowledge base
 */
export async function readModel(project: Project, base: KnowledgeBase, address: string): Promise<SavedRanker> {
  const saved = readRanker(await bytesOf(project, address), address);
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
  if (existsSync(resolve(address))) return readFileSync(resolve(address));
  if (!/^[0-9a-f]{32}$/.test(address))
    throw new UserError("there is no such file, and it is no id of a run", {
      where: address,
      fix: "Make a ranker with: disease cases train SOLVED --out FILE",
    });
  const store = openStore(project, () => {}, { readOnly: true });
  try {
    return await store.readArtifact(address, MODEL_ARTIFACT);
  } finally {
    store.close();
  }
}
