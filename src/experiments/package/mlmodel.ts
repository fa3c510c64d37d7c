import { stringify } from "yaml";
import type { ExampleRow } from "./example.ts";
import type { GraphFacts } from "./graph.ts";
import { LOADER } from "./loader.ts";

/** What the files were checked with (test/live/packaging/mlflow.test.ts). */
export const PINNED = { mlflow: "3.17.2", onnx: "1.23.2", onnxruntime: "1.32.0", python: "3.11.7" } as const;

/** Flavours whose own loader takes the prepared matrix, not raw patients. */
const NATIVE: Readonly<Record<string, readonly [name: string, conf: Readonly<Record<string, unknown>>]>> = {
  xgboost: [
    "xgboost",
    { data: "family/model.ubj", model_class: "xgboost.core.Booster", model_format: "ubj", xgb_version: "3.2.0" },
  ],
  gbm: ["lightgbm", { data: "family/model.txt", model_class: "lightgbm.basic.Booster", lgb_version: "4.7.0" }],
};

export interface ModelFacts {
  readonly family: string;
  readonly graph: GraphFacts;
  readonly runId: string;
  /** 32 hex digits */
  readonly uuid: string;
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly bytes: number;
  readonly codeVersion: string;
}

/** MLflow's description of a model (https://mlflow.org/docs/latest/ml/model/). */
export function mlmodelFile(facts: ModelFacts): string {
  const { graph } = facts;
  const native = NATIVE[facts.family];
  const env = { conda: "conda.yaml", virtualenv: "python_env.yaml" };
  return stringify({
    artifact_path: "model",
    flavors: {
      onnx: { code: null, data: "model.onnx", onnx_version: PINNED.onnx, providers: ["CPUExecutionProvider"] },
      python_function: { code: "code", data: "model.onnx", env, loader_module: LOADER, python_version: PINNED.python },
      ...(native ? { [native[0]]: { code: null, ...native[1] } } : {}),
    },
    metadata: {
      disease: {
        code_version: facts.codeVersion,
        family: facts.family,
        target: graph.target,
        input_example: "made up: medians and most frequent levels, no patient",
        inputs: Object.fromEntries(graph.columns.map(({ name, kind }) => [name, kind])),
      },
    },
    mlflow_version: PINNED.mlflow,
    model_size_bytes: facts.bytes,
    model_uuid: facts.uuid,
    run_id: facts.runId,
    saved_input_example_info: {
      artifact_path: "input_example.json",
      pandas_orient: "split",
      serving_input_path: "serving_input_example.json",
      type: "dataframe",
    },
    signature: {
      // "any", since MLflow refuses whole numbers and columns without a single value for "double", and codes for "string".
      inputs: JSON.stringify(graph.columns.map(({ name }) => ({ type: "any", name, required: true }))),
      outputs: JSON.stringify(graph.classes.map((name) => ({ type: "float", name, required: true }))),
      params: null,
    },
    utc_time_created: new Date(facts.time).toISOString().replace("T", " ").replace("Z", "000"),
  });
}

/** Files that say which Python packages the model needs. */
export function environmentFiles(): Record<string, string> {
  const { mlflow, onnx, onnxruntime, python } = PINNED;
  const packages = [`mlflow==${mlflow}`, `onnx==${onnx}`, `onnxruntime==${onnxruntime}`];
  return {
    "requirements.txt": `${packages.join("\n")}\n`,
    "python_env.yaml": stringify({
      python,
      build_dependencies: ["pip", "setuptools", "wheel"],
      dependencies: ["-r requirements.txt"],
    }),
    "conda.yaml": stringify({
      name: "mlflow-env",
      channels: ["conda-forge"],
      dependencies: [`python=${python}`, "pip", { pip: packages }],
    }),
  };
}

/** The example as `Model.load_input_example` and `mlflow models serve` take it. */
export function exampleFiles(row: ExampleRow): Record<string, string> {
  const table = { columns: Object.keys(row), data: [Object.values(row)] };
  return {
    "input_example.json": `${JSON.stringify(table)}\n`,
    "serving_input_example.json": `${JSON.stringify({ dataframe_split: table })}\n`,
  };
}
