import { UserError } from "../../core/errors.ts";
import type { FittedModel } from "../../core/family.ts";
import { createOnnxBuilder, type OnnxModel, type OnnxPort } from "../../core/onnx.ts";
import { onnxInputs, separatorOf } from "../../preparation/_onnx.ts";
import type { FittedPipeline } from "../../preparation/_pipeline.ts";

/** What the graph's metadata, and so the Python loader, say of the model. */
export interface GraphFacts {
  readonly target: string;
  readonly classes: readonly string[];
  readonly outputs: { readonly probabilities: string; readonly label: string };
  readonly columns: readonly {
    readonly name: string;
    readonly kind: "numeric" | "boolean" | "categorical" | "multilabel";
    /** Of the training data; none for numbers and booleans. */
    readonly levels?: readonly string[];
    /** What joins the labels of a multilabel cell. */
    readonly separator?: string;
  }[];
}

export interface FittedParts {
  readonly family: string;
  readonly target: string;
  readonly classes: readonly string[];
  readonly pipeline: FittedPipeline;
  readonly model: FittedModel;
}

/**
 * Preparation and model as one ONNX graph: an input a raw column (see `onnxInputs`); outputs `probabilities`, float
 * [rows, classes], and `label`, string [rows], the most probable class.
 * @throws UserError where the family or a step cannot be written as ONNX
 */
export function graphOf(parts: FittedParts): { readonly graph: OnnxModel; readonly facts: GraphFacts } {
  const { pipeline, model, classes, target } = parts;
  if (!model.toOnnx) throw new UserError(`the family "${parts.family}" cannot be written as ONNX`);
  const taken = new Set(pipeline.input.map(({ name }) => name));
  const { builder, nodes, constants } = createOnnxBuilder(taken);
  const { inputs, frame } = onnxInputs(builder, pipeline.input);
  const proba = model.toOnnx(builder, pipeline.toOnnx(builder, frame));
  const best = builder.apply("ArgMax", [proba], { axis: 1, keepdims: 0 });
  const named = (name: string): string => (taken.has(name) ? named(`${name}_`) : name);
  const outputs = { probabilities: named("probabilities"), label: named("label") };
  const names = builder.constant({ dims: [classes.length], data: classes });
  const last = { domain: "", attributes: {} } as const;
  nodes.push({ ...last, op: "Identity", inputs: [proba], outputs: [outputs.probabilities] });
  nodes.push({ ...last, op: "Gather", inputs: [names, best], outputs: [outputs.label] });
  const ports: readonly OnnxPort[] = [
    { name: outputs.probabilities, type: "float", dims: ["rows", classes.length] },
    { name: outputs.label, type: "string", dims: ["rows"] },
  ];
  const columns = pipeline.input.map(({ name, kind, levels }) => ({
    name,
    kind,
    ...(levels ? { levels } : {}),
    ...(kind === "multilabel" ? { separator: separatorOf(levels ?? []) } : {}),
  }));
  const facts = { target, classes, outputs, columns };
  return { graph: { inputs, outputs: ports, nodes, constants, metadata: { disease: JSON.stringify(facts) } }, facts };
}
