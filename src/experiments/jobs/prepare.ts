import { readFile, rename } from "node:fs/promises";
import { parse } from "node:path";
import type { Dataset, Matrix, Split } from "../../core/dataset.ts";
import { pack, unpack } from "../../core/formats/container.ts";
import { frameToMatrix, selectRows, unitsOf } from "../../core/frame.ts";
import type { Knowledge, KnowledgeRelease } from "../../core/knowledge.ts";
import type { Preparation } from "../../core/trial.ts";
import { fitPipeline, requireModelReady } from "../../preparation/_pipeline.ts";
import { writeFiles } from "../files.ts";
import { type ExampleRow, typicalRow } from "../package/example.ts";
import { loadStep } from "../steps.ts";
import { knowledgeAt } from "./knowledge.ts";
import { between, moment } from "./moment.ts";

/** Files and folders of knowledge that steps and families read, by the path that the experiment gives. */
export type KnowledgeFiles = Readonly<Record<string, KnowledgeFile>>;

export interface KnowledgeFile {
  /** Absolute. */
  readonly path: string;
  /** SHA-256 of the content. */
  readonly hash: string;
  /** Of a folder that is a knowledge base. */
  readonly release?: KnowledgeRelease;
}

export interface PreparePayload {
  /** Files made by core/formats/container: a Dataset, a Split. */
  readonly datasetFile: string;
  readonly splitFile: string;
  readonly preparation: Preparation;
  readonly seed: number;
  /** Files that steps may ask for. */
  readonly files: KnowledgeFiles;
  /** Where the prepared matrices go. */
  readonly outFile: string;
}

/** Train and validation as a family takes them. The test rows are not in it: nothing but a gate reads them. */
export interface Prepared {
  readonly target: string;
  readonly classes: readonly string[];
  readonly train: {
    readonly x: Matrix;
    readonly y: Int32Array;
    /** Place of each row in `groupNames`, -1 for a row of none; absent where the table has no group column. */
    readonly groups?: Int32Array;
  };
  readonly validation: {
    readonly x: Matrix;
    readonly y: Int32Array;
    /** Row numbers in the dataset. */
    readonly rows: Int32Array;
    /** Patient of each row, or the row itself. */
    readonly units: Int32Array;
  };
  /** Names of the patients or publications of the whole table. */
  readonly groupNames?: readonly string[];
  /** State of the fitted preparation. */
  readonly preparation: unknown;
  readonly example: ExampleRow;
}

/** Fits a preparation on the training rows and writes train and validation through it to one file. */
export async function prepare(
  payload: PreparePayload,
  signal: AbortSignal,
  knowledge?: Knowledge,
): Promise<{ features: number; seconds: number; cpu: number }> {
  const start = moment();
  const dataset = unpack(await readFile(payload.datasetFile)) as Dataset;
  const split = unpack(await readFile(payload.splitFile)) as Split;
  const pick = (codes: Int32Array, rows: Int32Array): Int32Array => rows.map((row) => codes[row]!);
  const frame = selectRows(dataset.frame, split.train);
  const y = pick(dataset.target.codes, split.train);
  const pipeline = await fitPipeline(
    payload.preparation.steps,
    {
      frame,
      y,
      classes: dataset.target.classes.length,
      classNames: dataset.target.classes,
      seed: payload.seed,
      signal,
      knowledge: knowledge && knowledgeAt(knowledge, payload.files),
    },
    loadStep,
  );
  requireModelReady(pipeline.train, true);
  const x = frameToMatrix(pipeline.train);
  const prepared: Prepared = {
    target: dataset.target.name,
    classes: dataset.target.classes,
    train: { x, y, groups: dataset.group && pick(dataset.group.codes, split.train) },
    validation: {
      x: frameToMatrix(pipeline.transform(selectRows(dataset.frame, split.validation))),
      y: pick(dataset.target.codes, split.validation),
      rows: split.validation,
      units: unitsOf(dataset, split.validation),
    },
    groupNames: dataset.group?.levels,
    preparation: pipeline.state,
    example: typicalRow(frame),
  };
  const { dir, base } = parse(payload.outFile);
  writeFiles(dir, { [`${base}.part`]: pack(prepared) }, 0o600);
  await rename(`${payload.outFile}.part`, payload.outFile);
  const { wall, cpu } = between(start, moment());
  return { features: x.cols, seconds: wall, cpu };
}
