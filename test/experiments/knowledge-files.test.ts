import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { knowledgeFiles } from "../../src/app/knowledge.ts";
import { findProject } from "../../src/app/project.ts";
import type { Dataset, Split } from "../../src/core/dataset.ts";
import { parseExperiment } from "../../src/experiments/config.ts";
import { tableKind } from "../../src/experiments/kinds/table.ts";
import { planTrials } from "../../src/experiments/plan.ts";
import { HPO_EXCERPT } from "../support/hpo.ts";
import { writeKnowledge } from "../support/knowledge.ts";

const folder = mkdtempSync(join(tmpdir(), "disease-knowledge-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const project = findProject(folder, folder);

const experiment = (path: string) =>
  parseExperiment(
    "terms.yaml",
    `data: { path: data.csv, target: disease }
preparations:
  plain: [encode]
  terms: [{ hpo-propagate: { ontology: ${path} } }, encode]
families: { baseline: {} }
`,
  );
const dataset = {
  hash: "d",
  target: { name: "disease", classes: ["a", "b"], codes: Int32Array.of(0, 1) },
} as unknown as Dataset;

test("the content of a file that a step reads counts in its trials' keys, and in no others'", async () => {
  copyFileSync(HPO_EXCERPT.obo, join(folder, "hp.obo"));
  const asked = await experiment("hp.obo");
  const files = await knowledgeFiles(project, asked);
  const hash = createHash("sha256").update(readFileSync(HPO_EXCERPT.obo)).digest("hex");
  expect(files).toEqual({ "hp.obo": { path: join(project.root, "hp.obo"), hash } });
  const keys = (given: typeof files): Record<string, string> =>
    Object.fromEntries(
      planTrials(asked, dataset, [{ hash: "s" } as Split], tableKind(asked, dataset, given)).trials.map(
        ({ preparation, key }) => [preparation.name, key],
      ),
    );
  const before = keys(files);
  const after = keys({ "hp.obo": { ...files["hp.obo"]!, hash: "another release" } });
  expect(after.terms).not.toBe(before.terms);
  expect(after.plain).toBe(before.plain);
  expect(before.plain).toBe(keys({}).plain);
});

test("a file that is not there is named before anything runs, with where to get it", async () => {
  await expect(knowledgeFiles(project, await experiment("data/none.obo"))).rejects.toMatchObject({
    name: "UserError",
    where: "data/none.obo",
    fix: expect.arrayContaining([expect.stringContaining("hpo.jax.org")]),
  });
});

test("a knowledge base that a family asks for counts in its trials' keys by its files, and the run says its releases", async () => {
  mkdirSync(join(folder, "kb"));
  writeKnowledge(join(folder, "kb"), [{ disease: "OMIM:1", term: "murmur", reference: "PMID:1" }]);
  const asked = await parseExperiment(
    "both.yaml",
    `data: { path: data.csv, target: disease }
preparations: { plain: [encode] }
families: { baseline: {}, combined: { knowledge: [kb], C: [0.1, 1] } }
`,
  );
  const files = await knowledgeFiles(project, asked);
  expect(Object.keys(files)).toEqual(["kb"]);
  const kind = tableKind(asked, dataset, files);
  expect(kind.knowledge).toMatchObject({ hpo: "2025-01-16", hpoa: "2025-01-16", hash: files.kb!.hash });
  const keys = (given: typeof files): string[] =>
    planTrials(asked, dataset, [{ hash: "s" } as Split], tableKind(asked, dataset, given)).trials.map(({ key }) => key);
  const before = keys(files);
  const after = keys({ kb: { ...files.kb!, hash: "another release" } });
  expect(after[0]).toBe(before[0]);
  expect(after.slice(1)).toHaveLength(2);
  for (const key of after.slice(1)) expect(before).not.toContain(key);
  const trials = planTrials(asked, dataset, [{ hash: "s" } as Split], kind).trials;
  expect(trials.map((trial) => kind.usesKnowledge!(trial))).toEqual([false, true, true]);
});
