import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { messageOf, UserError } from "../core/errors.ts";
import type { Experiment } from "../experiments/config.ts";
import type { KnowledgeFiles } from "../experiments/jobs/prepare.ts";
import { loadStep } from "../experiments/steps.ts";
import type { Project } from "./project.ts";

/**
 * The files of knowledge that an experiment's steps will ask for, by the path that they have in it.
 * @throws UserError naming a file that cannot be read
 */
export async function knowledgeFiles(project: Project, experiment: Experiment): Promise<KnowledgeFiles> {
  const specs = experiment.preparations.flatMap(({ steps }) => steps);
  const named = await Promise.all(specs.map(async ({ id, params }) => (await loadStep(id)).files?.(params) ?? []));
  const paths = [...new Set(named.flat())].sort();
  const entries = paths.map(async (path) => {
    const absolute = resolve(project.root, path);
    return [path, { path: absolute, hash: await hashFile(absolute, path) }] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

async function hashFile(absolute: string, path: string): Promise<string> {
  const hash = createHash("sha256");
  try {
    await pipeline(createReadStream(absolute), hash);
  } catch (error) {
    throw new UserError(`a preparation step needs a file that cannot be read: ${messageOf(error)}`, {
      where: path,
      fix: [
        "Paths are relative to the project folder.",
        "The Human Phenotype Ontology (hp.obo) is at https://hpo.jax.org/data/ontology.",
      ],
    });
  }
  return hash.digest("hex");
}
