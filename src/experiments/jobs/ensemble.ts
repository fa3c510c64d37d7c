import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Matrix } from "../../core/dataset.ts";
import { UserError } from "../../core/errors.ts";
import type { FittedModel, LabelledMatrix } from "../../core/family.ts";
import { readNpy } from "../../core/formats/npy.ts";
import { takeRows } from "../../core/frame.ts";
import { MODEL_FOLDER } from "../../core/model-files.ts";
import type { TrialResult } from "../../core/trial.ts";
import { classShares } from "../../families/_shared.ts";
import { memberColumn, memberOf } from "../../families/ensemble/members.ts";
import { families } from "../../families/index.ts";
import { stratifiedFolds } from "../../statistics/calibration/folds.ts";
import { MEMBERS, type MembersState, type SavedMember } from "../ensemble/members.ts";
import { readFiles } from "../files.ts";
import { openModel } from "../model.ts";
import { type Finish, finishTrial, type TrialReports } from "./finish.ts";
import { moment } from "./moment.ts";

export interface EnsemblePayload extends Finish {
  readonly members: readonly {
    /** The trial's name, and as much of its key as tells it from the others. */
    readonly name: string;
    readonly runId: string;
    /** Folder of the trial's artifacts. */
    readonly dir: string;
  }[];
}

/** Folds of the validation rows in which an ensemble is fitted on the others. */
const FOLDS = 5;

/**
 * Fits an ensemble on what finished trials predicted for their validation patients, scores it on these patients out of fold
 * (each by an ensemble that was fitted on others), and writes its artifacts: the saved model holds those of its members.
 * @throws UserError when the members did not predict for the same patients
 */
export async function runEnsemble(
  payload: EnsemblePayload,
  reports: TrialReports,
  signal: AbortSignal,
): Promise<TrialResult> {
  const { trial } = payload;
  const start = moment();
  const family = await families[trial.family]!();
  const { y, rows, units, classes, x } = await readMembers(payload.members);
  const learn = (part: LabelledMatrix): Promise<FittedModel> =>
    family.fit({
      ...{ train: part, validation: none(x), classes, params: trial.params, seed: trial.seed, threads: 1, signal },
    });
  const patients = new Set(units).size;
  if (patients < 2) {
    throw new UserError(`an ensemble cannot be fitted on ${patients} validation patients`, {
      fix: "Validate on more patients.",
    });
  }
  const folds = stratifiedFolds(y, units, Math.min(FOLDS, patients), trial.seed);
  const proba = new Float32Array(y.length * classes);
  for (const fold of new Set(folds)) {
    const model = await learn(part(x, y, (row) => folds[row] !== fold));
    const own = [...folds.keys()].filter((row) => folds[row] === fold);
    const predicted = model.predictProba(part(x, y, (row) => folds[row] === fold).x);
    own.forEach((row, i) => {
      proba.set(predicted.subarray(i * classes, (i + 1) * classes), row * classes);
    });
    model.dispose();
  }
  const model = await learn({ x, y });
  const fitted = moment();
  const used = [...new Set((model.uses ?? x.names).map(memberOf))];
  const members = payload.members.filter(({ name }) => used.includes(name));
  const saved = await Promise.all(members.map(async ({ name, dir }) => ({ name, files: await savedFiles(dir) })));
  const opened = await openModel(saved[0]!.files, `member ${saved[0]!.name}`);
  const { card, pipeline } = opened;
  pipeline.dispose();
  opened.model.dispose();
  const state: MembersState = { classes, members: saved };
  return finishTrial(
    payload,
    {
      model,
      proba,
      validation: { y, rows, units },
      facts: {
        target: card.target,
        classes: card.classes,
        preparation: { input: pipeline.input, steps: [{ id: MEMBERS, state }] },
        example: card.example!,
      },
      shares: { learned: classShares({ x, y }, classes) },
      names: used,
      curve: [],
      notices: [],
      times: [start, fitted],
      files: {
        "ensemble/members.json": `${JSON.stringify(
          members.map(({ name, runId }) => ({ name, run: runId })),
          null,
          2,
        )}\n`,
      },
    },
    reports,
  );
}

interface MemberPredictions {
  readonly x: Matrix;
  readonly y: Int32Array;
  readonly rows: Int32Array;
  readonly units: Int32Array;
  readonly classes: number;
}

async function readMembers(members: EnsemblePayload["members"]): Promise<MemberPredictions> {
  const read = async (dir: string, name: string) => readNpy(await readFile(join(dir, "predictions", `${name}.npy`)));
  const [first] = members;
  const [y, rows, units] = (
    await Promise.all(["validation_y", "validation_rows", "validation_units"].map((name) => read(first!.dir, name)))
  ).map(({ data }) => data as Int32Array) as [Int32Array, Int32Array, Int32Array];
  const all = await Promise.all(
    members.map(async ({ dir, name }) => {
      const [proba, own] = await Promise.all([read(dir, "validation"), read(dir, "validation_rows")]);
      if (proba.shape[0] !== rows.length || (own.data as Int32Array).some((row, i) => row !== rows[i])) {
        throw new UserError(`"${name}" did not predict for the patients of the other members`, {
          fix: "Run the experiment again: disease exp run FILE --force.",
        });
      }
      return proba;
    }),
  );
  const classes = all[0]!.shape[1]!;
  const cols = members.length * classes;
  const data = new Float32Array(rows.length * cols);
  all.forEach((proba, m) => {
    for (let i = 0; i < rows.length; i++)
      data.set((proba.data as Float32Array).subarray(i * classes, (i + 1) * classes), i * cols + m * classes);
  });
  const names = members.flatMap(({ name }) => Array.from({ length: classes }, (_, k) => memberColumn(name, k)));
  return { x: { rows: rows.length, cols, names, data }, y, rows, units, classes };
}

function part(x: Matrix, y: Int32Array, wanted: (row: number) => boolean): LabelledMatrix {
  const rows = Int32Array.from(y.keys()).filter(wanted);
  return { x: { ...x, rows: rows.length, data: takeRows(x.data, x.cols, rows) }, y: rows.map((row) => y[row]!) };
}

const none = (x: Matrix): LabelledMatrix => ({ x: { ...x, rows: 0, data: new Float32Array() }, y: new Int32Array() });

/** The saved model of a trial, without what Python needs beside it. */
async function savedFiles(dir: string): Promise<SavedMember["files"]> {
  const files = await readFiles(join(dir, MODEL_FOLDER));
  const ours = /^(model\.json|preparation\.bin|calibration\.bin|family\/.*)$/;
  return Object.fromEntries(Object.entries(files).filter(([name]) => ours.test(name)));
}
