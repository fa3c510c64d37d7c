import { frameToMatrix } from "../../../src/core/frame.ts";
import { encodeSummary, SUMMARY_FILE } from "../../../src/experiments/explain/summary.ts";
import { saveModel } from "../../../src/experiments/model.ts";
import { typicalRow } from "../../../src/experiments/package/example.ts";
import { loadStep } from "../../../src/experiments/steps.ts";
import { family as bayes } from "../../../src/families/naive-bayes.ts";
import { fitPipeline } from "../../../src/preparation/_pipeline.ts";
import { mixedFrame } from "../../contracts/step-frames.ts";

/** Artifacts of a run: a small model of three diseases, and what is kept beside it. Another seed, another model. */
export async function modelArtifacts(seed = 1): Promise<Readonly<Record<string, Uint8Array>>> {
  const frame = mixedFrame(90);
  const y = Int32Array.from({ length: frame.rows }, (_, i) => (i * seed) % 3);
  const signal = new AbortController().signal;
  const specs = ["impute", "scale", "encode"].map((id) => ({ id, params: {} }));
  const pipeline = await fitPipeline(specs, { frame, y, classes: 3, seed, signal }, loadStep);
  const x = frameToMatrix(pipeline.train);
  const params = bayes.params.parse({});
  const train = { x, y };
  const model = await bayes.fit({ train, validation: train, classes: 3, params, seed, threads: 1, signal });
  const card = { family: "naive-bayes", params, target: "disease", classes: ["a", "b", "c"], codeVersion: "1" };
  const files = saveModel({ ...card, example: typicalRow(frame) }, pipeline.state, model);
  const scored = { rows: y.length, classes: card.classes, y, proba: model.predictProba(x), orphans: [] };
  return {
    ...Object.fromEntries(Object.entries(files).map(([name, bytes]) => [`model/${name}`, bytes])),
    [SUMMARY_FILE]: encodeSummary(scored),
  };
}
