import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { messageOf, UserError } from "../core/errors.ts";
import type { Experiment } from "../experiments/config.ts";
import type { KnowledgeFile, KnowledgeFiles } from "../experiments/jobs/prepare.ts";
import type { Grid } from "../experiments/search/axes.ts";
import { loadStep } from "../experiments/steps.ts";
import { openKnowledge } from "./cases.ts";
import type { Project } from "./project.ts";

/**
 * What an experiment will ask for, by the path that it has there: files for its steps, folders of knowledge bases for its families.
 * @throws UserError naming a file that cannot be read
 */
export async function knowledgeFiles(project: Project, experiment: Experiment): Promise<KnowledgeFiles> {
  const specs = experiment.preparations.flatMap(({ steps }) => steps);
  const named = await Promise.all(specs.map(async ({ id, params }) => (await loadStep(id)).files?.(params) ?? []));
  const files = [...new Set(named.flat())].sort().map(async (path): Promise<[string, KnowledgeFile]> => {
    const absolute = resolve(project.root, path);
    return [path, { path: absolute, hash: await hashFile(absolute, path) }];
  });
  const bases = [...new Set(experiment.grids.flatMap(basesOf))]
    .sort()
    .map(async (path): Promise<[string, KnowledgeFile]> => {
      // A project without a base of its own has the excerpt that ships, as `disease cases` has.
      const own = path === PROJECT_BASE ? undefined : resolve(project.root, path);
      const { folder, base } = await openKnowledge(project, own, () => {});
      return [path, { path: folder, hash: base.release.hash, release: base.release }];
    });
  return Object.fromEntries(await Promise.all([...files, ...bases]));
}

const PROJECT_BASE = "data/knowledge";

/** The folders that the trials of a grid name. */
function basesOf({ family, axes }: Grid): readonly string[] {
  const basesAt = (point: object): readonly string[] => family.bases?.(family.params.parse(point)) ?? [];
  const usual = basesAt({});
  const known = Object.keys(family.params.parse({}) as object);
  // A folder is one param, whatever the others are: where its axis names some, the usual one is not among them.
  const named = axes
    .filter(({ key }) => known.includes(key))
    .map(({ key, values }) => values.flatMap((value) => basesAt({ [key]: value })))
    .find((bases) => bases.some((path) => !usual.includes(path)));
  return named ?? usual;
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
