/** LightGBM's C interface (https://lightgbm.readthedocs.io/en/stable/C-API.html), typed and thin. */
import type { Matrix } from "../core/dataset.ts";
import { createMatrixCache, createReclaimer, type Library, openLibrary } from "./native.ts";

type Params = Readonly<Record<string, string | number | boolean>>;

/** Binned rows. */
export interface LightgbmDataset {
  readonly handle: bigint;
}

export interface OwnDataset extends LightgbmDataset {
  /** Once no booster on it is in use. */
  dispose(): void;
}

export interface DatasetOptions {
  /** [rows] */
  readonly y: Int32Array;
  /** [rows] */
  readonly weights?: Float32Array;
  /** Rows of each query, one after the other, for a ranking objective such as lambdarank; their sum is all rows. */
  readonly queries?: Int32Array;
  /** Params that decide the bins (max_bin, …). */
  readonly params: Params;
  /** Bins are taken from this one: validation rows are binned as the training rows are. */
  readonly reference?: LightgbmDataset;
}

export interface LightgbmBooster {
  /** Trains one round; true when no further split is possible. */
  update(): boolean;
  /** The booster's metric on its matrices: 0 is train, 1 the first validation matrix. */
  evaluate(index: number): number;
  /** Outputs [rows × outputs] of the first `rounds` rounds; NaN is missing. */
  predict(
    x: Matrix,
    options: { readonly outputs: number; readonly rounds: number; readonly threads: number },
  ): Float32Array;
  /** SHAP values of the margins, as XGBoost's: [rows × outputs × (cols + 1)]. */
  contributions(
    x: Matrix,
    options: { readonly outputs: number; readonly rounds: number; readonly threads: number },
  ): Float64Array;
  /** LightGBM's own text, first `rounds` rounds. */
  save(rounds: number): Uint8Array;
  /** [cols] total gain of each column in the first `rounds` rounds */
  totalGain(cols: number, rounds: number): Float64Array;
  dispose(): void;
}

export interface Lightgbm {
  /** Of a matrix, shared by everyone who asks for the same rows, classes, weights and bins. */
  dataset(x: Matrix, options: DatasetOptions): LightgbmDataset;
  /**
   * Of rows that lie in pieces, binned as one matrix of them would be; nobody shares it.
   * @param pieces [rows of each × cols], row-major
   */
  datasetOf(pieces: readonly Float32Array[], cols: number, options: DatasetOptions): OwnDataset;
  booster(params: Params, train: LightgbmDataset, validation?: LightgbmDataset): LightgbmBooster;
  /** @throws Error when the bytes are no LightGBM model */
  load(model: Uint8Array): LightgbmBooster;
}

const FLOAT32 = 0;
const INT32 = 2;
const NORMAL = 0;
const CONTRIBUTIONS = 3;
const GAIN = 1;

let instance: Promise<Lightgbm> | undefined;

/**
 * Loads LightGBM once.
 * @throws UserError when it cannot be loaded
 */
export function loadLightgbm(): Promise<Lightgbm> {
  instance ??= openLibrary("lightgbm").then(bind, (error) => {
    instance = undefined;
    throw error;
  });
  return instance;
}

function bind(library: Library): Lightgbm {
  const lastError = library.declare("const char *LGBM_GetLastError()");
  const checked = (prototype: string): ((...values: readonly unknown[]) => void) => {
    const call = library.declare(prototype);
    return (...values) => {
      if (call(...values) !== 0) throw new Error(`LightGBM: ${String(lastError())}`);
    };
  };
  const createDataset = checked(
    "int LGBM_DatasetCreateFromMat(void *data, int type, int rows, int cols, int rowMajor, const char *params, void *reference, void *out)",
  );
  const createFromPieces = checked(
    "int LGBM_DatasetCreateFromMats(int count, void *data, int type, void *rows, int cols, void *rowMajor, const char *params, void *reference, void *out)",
  );
  const setField = checked(
    "int LGBM_DatasetSetField(void *dataset, const char *name, void *data, int length, int type)",
  );
  const freeDataset = checked("int LGBM_DatasetFree(void *dataset)");
  const createBooster = checked("int LGBM_BoosterCreate(void *train, const char *params, void *out)");
  const addValidation = checked("int LGBM_BoosterAddValidData(void *booster, void *validation)");
  const freeBooster = checked("int LGBM_BoosterFree(void *booster)");
  const updateOne = checked("int LGBM_BoosterUpdateOneIter(void *booster, void *finished)");
  const getEval = checked("int LGBM_BoosterGetEval(void *booster, int index, void *length, void *out)");
  const predictMat = checked(
    "int LGBM_BoosterPredictForMat(void *booster, void *data, int type, int rows, int cols, int rowMajor, int kind, int start, int rounds, const char *params, void *length, void *out)",
  );
  const saveText = checked(
    "int LGBM_BoosterSaveModelToString(void *booster, int start, int rounds, int importance, int64_t size, void *length, void *out)",
  );
  const loadText = checked("int LGBM_BoosterLoadModelFromString(void *text, void *rounds, void *out)");
  const importance = checked("int LGBM_BoosterFeatureImportance(void *booster, int rounds, int kind, void *out)");

  const datasetReclaimer = createReclaimer(freeDataset);
  const boosterReclaimer = createReclaimer(freeBooster);
  const shared = createMatrixCache<LightgbmDataset>();
  const textOf = (params: Params): string =>
    Object.entries(params)
      .map(([name, value]) => `${name}=${value}`)
      .join(" ");

  const makeDataset = (x: Matrix, { y, weights, queries, params, reference }: DatasetOptions): LightgbmDataset => {
    const out = new BigUint64Array(1);
    createDataset(x.data, FLOAT32, x.rows, x.cols, 1, textOf(params), reference?.handle ?? null, out);
    const dataset = { handle: out[0] as bigint };
    datasetReclaimer.register(dataset, dataset.handle);
    setFields(dataset, { y, weights, queries });
    return dataset;
  };
  const setFields = (
    { handle }: LightgbmDataset,
    { y, weights, queries }: Pick<DatasetOptions, "y" | "weights" | "queries">,
  ): void => {
    setField(handle, "label", Float32Array.from(y), y.length, FLOAT32);
    if (weights !== undefined) setField(handle, "weight", weights, weights.length, FLOAT32);
    if (queries !== undefined) setField(handle, "group", queries, queries.length, INT32);
  };

  const wrap = (handle: bigint, uses: readonly LightgbmDataset[]): LightgbmBooster => {
    const booster: LightgbmBooster = {
      update() {
        const finished = new Int32Array(1);
        updateOne(handle, finished);
        return finished[0] === 1;
      },
      evaluate(index) {
        const out = new Float64Array(1);
        getEval(handle, index, new Int32Array(1), out);
        return out[0] as number;
      },
      predict(x, { outputs, rounds, threads }) {
        const out = new Float64Array(x.rows * outputs);
        const params = `num_threads=${threads}`;
        predictMat(handle, x.data, FLOAT32, x.rows, x.cols, 1, NORMAL, 0, rounds, params, new BigInt64Array(1), out);
        return Float32Array.from(out);
      },
      contributions(x, { outputs, rounds, threads }) {
        const out = new Float64Array(x.rows * outputs * (x.cols + 1));
        const params = `num_threads=${threads}`;
        const kind = CONTRIBUTIONS;
        predictMat(handle, x.data, FLOAT32, x.rows, x.cols, 1, kind, 0, rounds, params, new BigInt64Array(1), out);
        return out;
      },
      save(rounds) {
        const length = new BigInt64Array(1);
        // Each call writes the whole text anew, so the first one gets room for most models.
        let text = Buffer.allocUnsafe(1 << 22);
        saveText(handle, 0, rounds, GAIN, text.length, length, text);
        const size = Number(length[0]);
        if (size > text.length) {
          text = Buffer.allocUnsafe(size);
          saveText(handle, 0, rounds, GAIN, size, length, text);
        }
        return Uint8Array.from(text.subarray(0, size - 1)); // without the zero byte
      },
      totalGain(cols, rounds) {
        const gain = new Float64Array(cols);
        importance(handle, rounds, GAIN, gain);
        return gain;
      },
      dispose() {
        if (boosterReclaimer.unregister(booster)) freeBooster(handle);
        datasets.delete(booster);
      },
    };
    boosterReclaimer.register(booster, handle, booster);
    datasets.set(booster, uses);
    return booster;
  };
  /** A booster reads its datasets, so they must live as long as it does. */
  const datasets = new WeakMap<LightgbmBooster, readonly LightgbmDataset[]>();

  return {
    dataset: (x, options) => {
      const { y, weights, queries, params, reference } = options;
      return shared(x, [y, weights, queries, textOf(params), reference], () => makeDataset(x, options));
    },
    datasetOf(pieces, cols, { params, reference, ...fields }) {
      const out = new BigUint64Array(1);
      const addresses = BigUint64Array.from(pieces, (piece) => library.address(piece));
      const rows = Int32Array.from(pieces, ({ length }) => length / cols);
      const rowMajor = new Int32Array(pieces.length).fill(1);
      const { length } = pieces;
      createFromPieces(
        length,
        addresses,
        FLOAT32,
        rows,
        cols,
        rowMajor,
        textOf(params),
        reference?.handle ?? null,
        out,
      );
      const handle = out[0] as bigint;
      const dataset = {
        handle,
        dispose() {
          if (datasetReclaimer.unregister(dataset)) freeDataset(handle);
        },
      };
      datasetReclaimer.register(dataset, handle, dataset);
      setFields(dataset, fields);
      return dataset;
    },
    booster(params, train, validation) {
      const out = new BigUint64Array(1);
      createBooster(train.handle, textOf(params), out);
      const handle = out[0] as bigint;
      const booster = wrap(handle, validation === undefined ? [train] : [train, validation]);
      if (validation !== undefined) addValidation(handle, validation.handle);
      return booster;
    },
    load(model) {
      const out = new BigUint64Array(1);
      loadText(Buffer.concat([model, Buffer.alloc(1)]), new Int32Array(1), out);
      return wrap(out[0] as bigint, []);
    },
  };
}
