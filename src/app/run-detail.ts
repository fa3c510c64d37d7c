/** What the board reads of one run beside its table: files, asynchronously and never more than a bound; tests of several. */
import { mkdtempSync, rmSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { UserError } from "../core/errors.ts";
import type { Executor } from "../core/executor.ts";
import type { ArtifactInfo } from "../core/store.ts";
import { createLocalExecutor } from "../executors/local.ts";
import type { Comparison, ComparisonPayload } from "../experiments/read/compare.ts";
import { readPredictions } from "../experiments/read/predictions.ts";
import { type ConfusionCell, confusion } from "../reports/_confusion.ts";
import { type ReliabilityBin, reliability } from "../statistics/reliability.ts";
import { openLate, openStoreToRead } from "./board/reading.ts";
import type { Project } from "./project.ts";
import {
  classNamesOf,
  type FactSection,
  factSections,
  type Importances,
  importancesOf,
  type PerClass,
  perClassOf,
} from "./run-files.ts";
import { workerModule } from "./worker-module.ts";

export interface FileHead {
  readonly bytes: Uint8Array;
  /** Of the whole file; null where that is not known. */
  readonly size: number | null;
  readonly whole: boolean;
}

export interface RunFiles {
  /** By path: a folder before what is in it. */
  readonly entries: readonly ArtifactInfo[];
  /** Whether there are more than are listed. */
  readonly more: boolean;
}

/** What a model's predictions for the validation patients show; of rankings of cases the bins of the first disease alone. */
export interface Judged {
  readonly rows: number;
  readonly names: readonly string[];
  /** Occupied cells; classes beyond the sixtieth are pooled. */
  readonly cells: readonly ConfusionCell[];
  readonly bins: readonly ReliabilityBin[];
}

/** Undefined answers: the run keeps no such file. All throw a UserError when the store or server cannot be read. */
export interface RunReader {
  files(runId: string): Promise<RunFiles>;
  /** The begin of a file, which is all of a small one. */
  head(runId: string, path: string, size: number | null): Promise<FileHead>;
  /** @throws UserError when there are too many predictions to read them here */
  judged(runId: string): Promise<Judged | undefined>;
  perClass(runId: string): Promise<PerClass | undefined>;
  importances(runId: string): Promise<Importances | undefined>;
  facts(runId: string): Promise<readonly FactSection[]>;
  /** Where an artifact is: a path of this machine, or an address. */
  place(runId: string, path: string): Promise<string>;
  /** A file of this machine with the artifact: fetched from a server into a folder that is removed at the end. */
  fetched(runId: string, path: string, size: number | null): Promise<string>;
  /**
   * Tests pairs of configurations as `disease exp compare` does, in another process.
   * @throws UserError as compareTrials does; signal.reason when it is cancelled
   */
  compare(
    options: { readonly runs: readonly string[]; readonly signal: AbortSignal; readonly level?: number },
    onStep: (step: string) => void,
  ): Promise<Comparison>;
  close(): Promise<void>;
}

/** Bytes that are read of a file that is shown. */
const HEAD = 256 << 10;
/** Bytes of tables that are read whole, of predictions, and of what is fetched to be opened elsewhere. */
const TABLE = 4 << 20;
const PREDICTIONS = 16 << 20;
const FETCHED = 64 << 20;
const ENTRIES = 2000;

export function openRunReader({ mlruns, server }: Pick<Project, "mlruns" | "server">): RunReader {
  const { get: store, known } = openLate(() => openStoreToRead({ mlruns, server }));
  let executor: Executor | undefined;
  let folder: string | undefined;

  /** A file with its size, looked up in its folder. */
  async function find(runId: string, path: string): Promise<ArtifactInfo | undefined> {
    const parent = path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : undefined;
    return (await (await store()).listArtifacts(runId, parent)).find((entry) => entry.path === path);
  }

  /** All of a file up to a bound, cut there. */
  async function bounded(runId: string, path: string, most: number): Promise<FileHead | undefined> {
    const found = await find(runId, path);
    return found === undefined || found.isDirectory ? undefined : head(runId, path, found.size, most);
  }

  async function head(runId: string, path: string, size: number | null, most: number): Promise<FileHead> {
    const bytes = await (await store()).readArtifact(runId, path, most);
    return { bytes, size, whole: size === null ? bytes.length < most : bytes.length >= size };
  }

  async function namesOf(runId: string, k: number): Promise<readonly string[]> {
    for (const path of ["model/model.json", "split.json"]) {
      const file = await bounded(runId, path, TABLE);
      const names = file?.whole ? classNamesOf(file.bytes) : undefined;
      if (names?.length === k) return names;
    }
    return Array.from({ length: k }, (_, i) => `class ${i}`);
  }

  return {
    async files(runId) {
      const at = await store();
      const entries: ArtifactInfo[] = [];
      const walk = async (path?: string): Promise<void> => {
        for (const entry of await at.listArtifacts(runId, path)) {
          if (entries.length >= ENTRIES) return;
          entries.push(entry);
          if (entry.isDirectory) await walk(entry.path);
        }
      };
      await walk();
      return { entries, more: entries.length >= ENTRIES };
    },

    head: (runId, path, size) => head(runId, path, size, HEAD),

    async judged(runId) {
      const found = await find(runId, "predictions/validation.npy");
      if (found === undefined) return undefined;
      if ((found.size ?? 0) > PREDICTIONS) {
        throw new UserError(`the predictions are ${Math.round(found.size! / 2 ** 20)} MiB: more than are read here`, {
          fix: "charts/confusion_matrix.png and charts/reliability.png among the files show them.",
        });
      }
      const { scored } = await readPredictions(await store(), runId);
      if (scored.ranks) return { rows: scored.rows, names: [], cells: [], bins: reliability(scored) };
      const named = { ...scored, classes: await namesOf(runId, scored.classes.length) };
      const { names, cells } = confusion(named);
      return { rows: scored.rows, names, cells, bins: reliability(named) };
    },

    async perClass(runId) {
      const file = await bounded(runId, "reports/per_class.csv", TABLE);
      return file && perClassOf(file.bytes);
    },

    async importances(runId) {
      const file = await bounded(runId, "reports/feature_importance.csv", TABLE);
      return file && importancesOf(file.bytes, file.whole);
    },

    async facts(runId) {
      const at = await store();
      const [run, facts, split] = await Promise.all([
        at.getRun(runId),
        bounded(runId, "facts.json", TABLE),
        bounded(runId, "split.json", TABLE),
      ]);
      return factSections(run, { facts: facts?.bytes, split: split?.whole ? split.bytes : undefined });
    },

    async place(runId, path) {
      const at = await store();
      const local = await at.localArtifacts(runId);
      if (local !== undefined) return join(local, ...path.split("/"));
      return `${(await at.getRun(runId)).info.artifactUri.replace(/\/$/, "")}/${path}`;
    },

    async fetched(runId, path, size) {
      const at = await store();
      const local = await at.localArtifacts(runId);
      if (local !== undefined) return join(local, ...path.split("/"));
      if ((size ?? 0) > FETCHED) {
        throw new UserError(`${path} is ${Math.round(size! / 2 ** 20)} MiB: more than is fetched to be opened`);
      }
      const bytes = await at.readArtifact(runId, path, FETCHED);
      folder ??= mkdtempSync(join(tmpdir(), "disease-board-"));
      const file = join(folder, `${runId.slice(0, 8)}-${basename(path)}`);
      await writeFile(file, bytes);
      return file;
    },

    async compare({ runs, signal, level = 0.95 }, onStep) {
      executor ??= createLocalExecutor({ module: workerModule(), jobs: 1, threads: 1, grace: 100 });
      const payload: ComparisonPayload = { folder: mlruns, server, references: runs, level, resamples: 10_000 };
      const onEvent = (event: unknown): void => onStep(String(event));
      return (await executor.run({ kind: "comparison", payload }, { signal, onEvent })) as Comparison;
    },

    async close() {
      if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
      await executor?.close();
      (await known()?.catch(() => undefined))?.close();
    },
  };
}
