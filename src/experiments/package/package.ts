import { VERSION } from "../../core/build.ts";
import { hashBytes } from "../../core/hash.ts";
import { openModel } from "../model.ts";
import { exampleFor } from "./example.ts";
import { graphOf } from "./graph.ts";
import { LOADER, LOADER_SOURCE } from "./loader.ts";
import { environmentFiles, exampleFiles, mlmodelFile } from "./mlmodel.ts";
import { encodeOnnx } from "./protobuf.ts";

export interface PackageContext {
  readonly runId: string;
  /** Milliseconds since the epoch. */
  readonly time: number;
}

/**
 * The files that make a saved model an MLflow model as well, for the same folder: raw patients in, class probabilities out,
 * with `mlflow.pyfunc.load_model`, `mlflow models serve` or ONNX Runtime alone.
 * @param saved what `saveModel` made
 * @throws UserError when the model cannot be loaded or written as ONNX
 */
export async function packageModel(
  saved: Readonly<Record<string, Uint8Array>>,
  context: PackageContext,
): Promise<Record<string, Uint8Array>> {
  const { card, pipeline, model } = await openModel(saved, `run ${context.runId}`);
  try {
    const { graph, facts } = graphOf({ ...card, pipeline, model });
    const texts = {
      ...environmentFiles(),
      ...exampleFiles(card.example ?? exampleFor(pipeline)),
      [`code/${LOADER}.py`]: LOADER_SOURCE,
    };
    const files: Record<string, Uint8Array> = {
      "model.onnx": encodeOnnx(graph, { name: "disease", version: VERSION }),
    };
    for (const [name, text] of Object.entries(texts)) files[name] = new TextEncoder().encode(text);
    const bytes = [...Object.values(saved), ...Object.values(files)].reduce((sum, file) => sum + file.length, 0);
    const uuid = hashBytes(`${context.runId} ${hashBytes(files["model.onnx"]!)}`).slice(0, 32);
    const description = mlmodelFile({ ...context, ...card, graph: facts, uuid, bytes });
    return { ...files, MLmodel: new TextEncoder().encode(description) };
  } finally {
    pipeline.dispose();
    model.dispose();
  }
}
