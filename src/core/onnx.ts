/**
 * ONNX graphs as plain data, and what a step or a family needs to write itself into one
 * (https://onnx.ai/onnx/operators/, opset 20 and ai.onnx.ml 3).
 */

/** A value of a graph, by name. */
export type OnnxValue = string;

/** float, double, int64, bool (0/1) or string, by the type of `data`. */
export interface OnnxTensor {
  readonly dims: readonly number[];
  readonly data: Float32Array | Float64Array | BigInt64Array | Uint8Array | readonly string[];
}

/** A number or a list of numbers is whole; Float32Array is a list of floats. */
export type OnnxAttribute = number | string | Int32Array | Float32Array | readonly string[] | OnnxTensor;

/** TensorProto.DataType */
export const ONNX_TYPES = { float: 1, int64: 7, string: 8, bool: 9, double: 11 } as const;
export type OnnxType = keyof typeof ONNX_TYPES;

export interface OnnxNode {
  readonly op: string;
  readonly domain: "" | "ai.onnx.ml";
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
}

/** An input or output; a dimension that is a text is free. */
export interface OnnxPort {
  readonly name: OnnxValue;
  readonly type: OnnxType;
  readonly dims: readonly (number | string)[];
}

export interface OnnxModel {
  readonly inputs: readonly OnnxPort[];
  readonly outputs: readonly OnnxPort[];
  readonly nodes: readonly OnnxNode[];
  readonly constants: Readonly<Record<OnnxValue, OnnxTensor>>;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface ApplyOptions {
  readonly domain?: OnnxNode["domain"];
  /** Outputs that the operator has; 1 when absent. */
  readonly outputs?: number;
  /** Which of them is returned; the first when absent. */
  readonly output?: number;
}

/** Writes a graph, node by node. */
export interface OnnxBuilder {
  constant(tensor: OnnxTensor): OnnxValue;
  /** Adds a node; returns its first output, or the one that the options name. */
  apply(
    op: string,
    inputs: readonly OnnxValue[],
    attributes?: Readonly<Record<string, OnnxAttribute>>,
    options?: ApplyOptions,
  ): OnnxValue;
}

/**
 * Columns inside a graph, in their order: neighbours that are numbers share one value.
 * - numbers: double [rows, columns]; NaN is a missing value
 * - categorical, multilabel: string [rows, 1], labels joined by `separator`; `missing`: bool [rows, 1], null where no cell is
 */
export type OnnxColumns =
  | {
      readonly kind: "numbers";
      readonly columns: readonly { readonly name: string; readonly kind: "numeric" | "boolean" }[];
      readonly value: OnnxValue;
    }
  | {
      readonly kind: "categorical";
      readonly name: string;
      readonly value: OnnxValue;
      readonly missing: OnnxValue | null;
    }
  | {
      readonly kind: "multilabel";
      readonly name: string;
      readonly separator: string;
      readonly value: OnnxValue;
      readonly missing: OnnxValue | null;
    };
export type OnnxFrame = readonly OnnxColumns[];

/** A builder, and what has been built so far. @param taken names that inputs and outputs have */
export function createOnnxBuilder(taken: ReadonlySet<string>): {
  readonly builder: OnnxBuilder;
  readonly nodes: OnnxNode[];
  readonly constants: Record<OnnxValue, OnnxTensor>;
} {
  const nodes: OnnxNode[] = [];
  const constants: Record<OnnxValue, OnnxTensor> = {};
  let count = 0;
  const fresh = (): OnnxValue => {
    for (;;) {
      const name = `v${++count}`;
      if (!taken.has(name)) return name;
    }
  };
  const builder: OnnxBuilder = {
    constant(tensor) {
      const name = fresh();
      constants[name] = tensor;
      return name;
    },
    apply(op, inputs, attributes = {}, { domain = "", outputs = 1, output = 0 } = {}) {
      const names = Array.from({ length: outputs }, fresh);
      nodes.push({ op, domain, inputs, outputs: names, attributes });
      return names[output]!;
    },
  };
  return { builder, nodes, constants };
}
