import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Dataset, Split } from "../../src/core/dataset.ts";
import type { Trial } from "../../src/core/trial.ts";
import { chosenBackend } from "../../src/engines/tensor/choice.ts";
import { type Experiment, parseExperiment } from "../../src/experiments/config.ts";
import { collectFacts } from "../../src/experiments/facts.ts";
import { type Plan, planTrials } from "../../src/experiments/plan.ts";
import { trialTags } from "../../src/experiments/record.ts";

const dataset: Dataset = {
  ...{ name: "d", source: "d.csv", hash: "h", extra: [], notices: [] },
  frame: { rows: 2, columns: [{ kind: "numeric", name: "age", values: new Float64Array(2) }] },
  target: { name: "disease", classes: ["a", "b"], codes: Int32Array.of(0, 1) },
};
const plan = (experiment: Experiment): Plan => planTrials(experiment, dataset, [{ seed: 1, hash: "s" } as Split]);
const families = "{ mlp: {}, transformer: {}, logistic: {} }";
const experiment = await parseExperiment("x.yaml", `data: { path: d.csv, target: disease }\nfamilies: ${families}\n`);
const own = plan(experiment);
/** As where tfjs-node is installed. */
const native = plan({
  ...experiment,
  grids: experiment.grids.map((grid) => {
    const { backend } = grid.family;
    return { ...grid, family: { ...grid.family, ...(backend && { backend: () => "tfjs-node" }) } };
  }),
});
const of = ({ trials }: Plan, family: string): Trial => trials.find((trial) => trial.family === family)!;

test.each(["mlp", "transformer"])(
  "%s trained by tfjs-node is another trial that asks the same, and says so",
  async (id) => {
    const [ours, theirs] = [of(own, id), of(native, id)];
    expect(theirs.key).not.toBe(ours.key);
    expect(theirs.configKey).not.toBe(ours.configKey);
    expect(theirs.pointKey).toBe(ours.pointKey);
    const { facts } = await collectFacts(import.meta.dirname, {});
    expect(trialTags(native, theirs, "sweep", facts)["disease.backend"]).toBe("tfjs-node");
    expect(trialTags(own, ours, "sweep", facts)).not.toHaveProperty(["disease.backend"]);
  },
);

test("other families are the same trials whatever trains networks", () => {
  expect(of(native, "logistic")).toEqual(of(own, "logistic"));
});

test("tfjs-node trains where it is installed, else our own backend", () => {
  const root = mkdtempSync(join(tmpdir(), "disease-tfjs-"));
  try {
    const from = join(root, "module.js");
    expect(chosenBackend(from)).toBe("openblas");
    const folder = join(root, "node_modules", "@tensorflow", "tfjs-node");
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "index.js"), "");
    expect(chosenBackend(from)).toBe("tensorflow");
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});
