/** A model over tables of patients, opened to answer. */
import { frameToMatrix } from "../../core/frame.ts";
import type { RawRow, ServedTable } from "../../core/serving/serving.ts";
import { createExplainer, inputOf } from "../../experiments/explain/table.ts";
import { openModel } from "../../experiments/model.ts";
import { exampleFor } from "../../experiments/package/example.ts";
import { intervalOf } from "../../statistics/calibration/validation.ts";
import { identityOf, type ServedFiles, summaryOf } from "./identity.ts";

/** @throws UserError when files are missing or of another format */
export async function openServedTable(served: ServedFiles): Promise<ServedTable> {
  const { validation, means } = summaryOf(served);
  const opened = await openModel(served.files, served.address);
  const { card, pipeline, model } = opened;
  const { classes, target, family, codeVersion } = card;
  const example: RawRow = card.example ?? exampleFor(pipeline);
  return {
    kind: "table",
    identity: identityOf(served, { family, codeVersion, knowledge: null }),
    input: inputOf(pipeline),
    example,
    target,
    classes,
    predictProba: (frame) => model.predictProba(frameToMatrix(pipeline.transform(frame))),
    validation,
    explain: createExplainer(opened, example, means),
    interval: (classCode, probability) => validation && intervalOf(validation, classCode, probability),
    dispose() {
      pipeline.dispose();
      model.dispose();
    },
  };
}
