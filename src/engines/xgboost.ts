/** XGBoost's C interface (https://xgboost.readthedocs.io/en/stable/dev/c__api_8h.html), typed and thin. */
import type { Matrix } from "../core/dataset.ts";
import { createMatrixCache, createReclaimer, type Library, openLibrary } from "./native.ts";

/** Training or validation rows inside XGBoost; binned once by the first booster that trains on it. */
export interface DMatrix {
  readonly handle: bigint;
  readonly rows: number;
}

export interface DMatrixOptions {
  /** [rows] */
  readonly y: Int32Array;
  /** [rows] */
  readonly weights?: Float32Array;
  readonly threads: number;
}

export interface XgboostBooster {
  /** Trains one round. */
  update(round: number, train: DMatrix): void;
  /** The booster's metric on each matrix. */
  evaluate(round: number, matrices: readonly DMatrix[]): number[];
  /** The first `rounds` rounds as a booster of its own. */
  slice(rounds: number): XgboostBooster;
  /** Outputs [rows × outputs] of a matrix; NaN is missing. */
  predict(x: Matrix): Float32Array;
  /**
   * SHAP values (Lundberg 2018, path-dependent) of margins: [rows × outputs × (cols + 1)], the last one of each output what an average
   * row has.
   */
  contributions(x: Matrix): Float32Array;
  /** XGBoost's own format: binary JSON (UBJ) when not said. */
  save(format?: "ubj" | "json"): Uint8Array;
  /** [cols] total gain of each column */
  totalGain(cols: number): Float64Array;
  dispose(): void;
}

export interface Xgboost {
  readonly version: string;
  /** Of a matrix, shared by everyone who asks for the same rows, classes and weights. */
  dmatrix(x: Matrix, options: DMatrixOptions): DMatrix;
  /** An untrained booster; params as XGBoost names them. */
  booster(params: Readonly<Record<string, string | number>>, matrices: readonly DMatrix[]): XgboostBooster;
  /** @throws Error when the bytes are no XGBoost model */
  load(model: Uint8Array, threads: number): XgboostBooster;
}

let instance: Promise<Xgboost> | undefined;

/**
 * Loads XGBoost once.
 * @throws UserError when it cannot be loaded
 */
export function loadXgboost(): Promise<Xgboost> {
  instance ??= openLibrary("xgboost").then(bind, (error) => {
    instance = undefined;
    throw error;
  });
  return instance;
}

function bind(library: Library): Xgboost {
  const lastError = library.declare("const char *XGBGetLastError()");
  const checked = (prototype: string): ((...values: readonly unknown[]) => void) => {
    const call = library.declare(prototype);
    return (...values) => {
      if (call(...values) !== 0) throw new Error(`XGBoost: ${String(lastError()).split("\nStack trace")[0]?.trim()}`);
    };
  };
  const versionOf = library.declare("void XGBoostVersion(void *major, void *minor, void *patch)");
  const createDense = checked("int XGDMatrixCreateFromDense(const char *data, const char *config, void *out)");
  const setInfo = checked("int XGDMatrixSetInfoFromInterface(void *dmatrix, const char *field, const char *data)");
  const freeDmatrix = checked("int XGDMatrixFree(void *dmatrix)");
  const createBooster = checked("int XGBoosterCreate(void *dmatrices, uint64_t length, void *out)");
  const freeBooster = checked("int XGBoosterFree(void *booster)");
  const setParam = checked("int XGBoosterSetParam(void *booster, const char *name, const char *value)");
  const updateOne = checked("int XGBoosterUpdateOneIter(void *booster, int round, void *dtrain)");
  const evalOne = checked(
    "int XGBoosterEvalOneIter(void *booster, int round, void *dmatrices, void *names, uint64_t length, void *out)",
  );
  const predictDense = checked(
    "int XGBoosterPredictFromDense(void *booster, const char *data, const char *config, void *proxy, void *shape, void *dims, void *out)",
  );
  const predictDmatrix = checked(
    "int XGBoosterPredictFromDMatrix(void *booster, void *dmatrix, const char *config, void *shape, void *dims, void *out)",
  );
  const saveBuffer = checked(
    "int XGBoosterSaveModelToBuffer(void *booster, const char *config, void *length, void *out)",
  );
  const loadBuffer = checked("int XGBoosterLoadModelFromBuffer(void *booster, void *bytes, uint64_t length)");
  const sliceBooster = checked("int XGBoosterSlice(void *booster, int begin, int end, int step, void *out)");
  const featureScore = checked(
    "int XGBoosterFeatureScore(void *booster, const char *config, void *count, void *names, void *dims, void *shape, void *scores)",
  );

  const dmatrixReclaimer = createReclaimer(freeDmatrix);
  const boosterReclaimer = createReclaimer(freeBooster);
  const shared = createMatrixCache<DMatrix>();

  /** NumPy's array interface as JSON; NaN in configs is a literal that JSON.stringify does not write. */
  const dense = (data: NodeJS.TypedArray, shape: readonly number[], type: "<f4" | "<i4"): string =>
    `{"data":[${library.address(data)},true],"shape":[${shape.join(",")}],"typestr":"${type}","version":3}`;

  /** An array of XGBoost's, by the addresses of its shape and numbers. */
  const floats = (shape: bigint, dims: bigint, at: bigint): Float32Array => {
    const sizes = new BigUint64Array(library.copy(shape, Number(dims) * 8));
    return new Float32Array(library.copy(at, Number(sizes.reduce((a, b) => a * b, 1n)) * 4));
  };

  /** @returns its handle, which whoever asks frees */
  const createDmatrix = (x: Matrix, threads: number): bigint => {
    const out = new BigUint64Array(1);
    createDense(dense(x.data, [x.rows, x.cols], "<f4"), `{"missing":NaN,"nthread":${threads}}`, out);
    return out[0] as bigint;
  };

  const makeDmatrix = (x: Matrix, { y, weights, threads }: DMatrixOptions): DMatrix => {
    const dmatrix = { handle: createDmatrix(x, threads), rows: x.rows };
    dmatrixReclaimer.register(dmatrix, dmatrix.handle);
    setInfo(dmatrix.handle, "label", dense(y, [x.rows], "<i4"));
    if (weights !== undefined) setInfo(dmatrix.handle, "weight", dense(weights, [x.rows], "<f4"));
    return dmatrix;
  };

  const wrap = (handle: bigint): XgboostBooster => {
    const booster: XgboostBooster = {
      update: (round, train) => updateOne(handle, round, train.handle),
      evaluate(round, matrices) {
        const handles = BigUint64Array.from(matrices, (m) => m.handle);
        const texts = matrices.map((_, i) => Buffer.from(`m${i}\0`));
        const names = BigUint64Array.from(texts, (text) => library.address(text));
        const out = new BigUint64Array(1);
        evalOne(handle, round, handles, names, matrices.length, out);
        // "[7]\tm0-mlogloss:0.123\tm1-mlogloss:0.456"
        const values = library
          .text(out[0] as bigint)
          .split("\t")
          .slice(1);
        return values.map((item) => Number(item.slice(item.lastIndexOf(":") + 1)));
      },
      slice(rounds) {
        const out = new BigUint64Array(1);
        sliceBooster(handle, 0, rounds, 1, out);
        return wrap(out[0] as bigint);
      },
      predict(x) {
        const [shape, dims, out] = [new BigUint64Array(1), new BigUint64Array(1), new BigUint64Array(1)];
        const config =
          '{"type":0,"training":false,"iteration_begin":0,"iteration_end":0,"strict_shape":true,"cache_id":0,"missing":NaN}';
        predictDense(handle, dense(x.data, [x.rows, x.cols], "<f4"), config, null, shape, dims, out);
        return floats(shape[0] as bigint, dims[0] as bigint, out[0] as bigint);
      },
      contributions(x) {
        const dmatrix = createDmatrix(x, 1);
        try {
          const [shape, dims, out] = [new BigUint64Array(1), new BigUint64Array(1), new BigUint64Array(1)];
          const config = '{"type":2,"training":false,"iteration_begin":0,"iteration_end":0,"strict_shape":true}';
          predictDmatrix(handle, dmatrix, config, shape, dims, out);
          return floats(shape[0] as bigint, dims[0] as bigint, out[0] as bigint);
        } finally {
          freeDmatrix(dmatrix);
        }
      },
      save(format = "ubj") {
        const [length, out] = [new BigUint64Array(1), new BigUint64Array(1)];
        saveBuffer(handle, `{"format":"${format}"}`, length, out);
        return new Uint8Array(library.copy(out[0] as bigint, Number(length[0])));
      },
      totalGain(cols) {
        const [count, names, dims, shape, scores] = Array.from({ length: 5 }, () => new BigUint64Array(1));
        featureScore(handle, '{"importance_type":"total_gain"}', count, names, dims, shape, scores);
        const used = Number(count?.[0]);
        const gain = new Float64Array(cols);
        if (used === 0) return gain; // one class prior, no split
        const nameOf = new BigUint64Array(library.copy(names?.[0] as bigint, used * 8));
        const score = new Float32Array(library.copy(scores?.[0] as bigint, used * 4));
        nameOf.forEach((address, i) => {
          gain[Number(library.text(address).slice(1))] = score[i] as number; // "f12"
        });
        return gain;
      },
      dispose() {
        if (boosterReclaimer.unregister(booster)) freeBooster(handle);
      },
    };
    boosterReclaimer.register(booster, handle, booster);
    return booster;
  };

  const create = (
    matrices: readonly DMatrix[],
    params: Readonly<Record<string, string | number>>,
  ): [bigint, XgboostBooster] => {
    const out = new BigUint64Array(1);
    createBooster(matrices.length === 0 ? null : BigUint64Array.from(matrices, (m) => m.handle), matrices.length, out);
    const handle = out[0] as bigint;
    const booster = wrap(handle);
    for (const [name, value] of Object.entries(params)) setParam(handle, name, String(value));
    return [handle, booster];
  };

  const parts = [new Int32Array(1), new Int32Array(1), new Int32Array(1)];
  versionOf(...parts);
  return {
    version: parts.map((part) => part[0]).join("."),
    dmatrix: (x, options) => shared(x, [options.y, options.weights], () => makeDmatrix(x, options)),
    booster: (params, matrices) => create(matrices, params)[1],
    load(model, threads) {
      const [handle, booster] = create([], { nthread: threads, verbosity: 0 });
      loadBuffer(handle, model, model.length);
      return booster;
    },
  };
}
