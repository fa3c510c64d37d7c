import { z } from "zod";
import type { Matrix } from "../core/dataset.ts";
import { UserError } from "../core/errors.ts";
import type { Family, FitContext, FittedModel, Importances, LabelledMatrix, World } from "../core/family.ts";
import { pack, unpack } from "../core/formats/container.ts";
import { takeRows } from "../core/frame.ts";
import type { KnowledgeBase } from "../core/knowledge.ts";
import { createPacer } from "./_boosting.ts";
import { checkColumns, checkFinite, fileOf } from "./_shared.ts";
import { cardOf, listed } from "./combined/card.ts";
import { gateColumns, telltale } from "./combined/gate.ts";
import { importancesOf } from "./combined/importances.ts";
import { diseaseIn, learnOrphans, type OrphanEvidence } from "./combined/knowledge.ts";
import { combinedModel, evidenceOf, gateMatrix, pickColumns, scoresOf } from "./combined/model.ts";
import { fitShares, type JudgedScores } from "./combined/shares.ts";
import type { Parts, State } from "./combined/state.ts";
import { family as gbm } from "./gbm.ts";
import { family as logistic } from "./logistic.ts";

const params = z.strictObject({
  knowledge: z
    .string()
    .min(1)
    .default("data/knowledge")
    .describe("Folder of the knowledge base (HPO, phenotype.hpoa, Orphanet), relative to the project"),
  ranking: z
    .enum(["orphan-cases", "orphan-lr"])
    .default("orphan-cases")
    .describe("How orphan diseases are ranked: by annotations and the training patients, or by annotations alone"),
  leave_papers_out: z
    .boolean()
    .default(true)
    .describe(
      "Annotations that rest on publications of the table alone do not count, so that its patients are judged as new ones are; false for a model to be used",
    ),
  gate: z
    .enum(["shared", "evidence", "all"])
    .default("shared")
    .describe(
      "What tells common from orphan diseases: how well the best orphan ones fit, with the columns that patients of both have (shared), alone (evidence), or with all columns",
    ),
  none: z
    .string()
    .min(1)
    .default("none of these")
    .describe("The class of patients who have none of the diseases, where the table has some"),
  common: z.enum(["logistic", "gbm"]).default("logistic").describe("What tells the common diseases apart"),
  C: z.number().gt(0).default(1).describe("Inverse strength of the L2 penalty of logistic, and of the gate"),
  n_estimators: z.int().min(1).max(100_000).default(100).describe("Most boosting rounds of gbm"),
  learning_rate: z.number().gt(0).max(1).default(0.1).describe("Shrinks the step of each round of gbm"),
  num_leaves: z.int().min(2).max(131_072).default(31).describe("Most leaves of a tree of gbm"),
  min_child_samples: z.int().min(0).default(20).describe("Least rows in a leaf of gbm"),
});
type Params = z.infer<typeof params>;

/**
 * Common and orphan diseases in one answer. P(common disease) = (1 − g) · P(disease | common) by a family that learns from the
 * table; P(orphan disease) = g · softmax(score / temperature) by the ranking of src/ranking, which needs no row of it. g is a logistic
 * regression on columns that both have and on the log of the mean likelihood ratio of the orphan diseases.
 */
export const family: Family<Params> = {
  id: "combined",
  title: "Common and orphan diseases",
  description: "A tabular model for the common diseases and knowledge (HPO) for the orphan ones, in one probability",
  params,
  engines: ["openblas"],
  acceptsMissing: true,
  knowsClasses: true,
  bases: ({ knowledge }) => [knowledge],

  async fit(context) {
    const { train, validation, classes, params: own, signal, world } = context;
    signal.throwIfAborted();
    checkFinite(train.x, family, "training");
    checkColumns(validation.x, train.x.names);
    checkFinite(validation.x, family, "validation");
    const names = world?.classNames ?? [];
    const codes = Int32Array.from({ length: classes }, (_, k) => k);
    const isOrphan = codes.map((k) => Number(diseaseIn(names[k] ?? "") !== undefined));
    const pace = createPacer(signal);
    const base = isOrphan.includes(1) ? await world!.knowledge.base(own.knowledge) : undefined;
    const settings = { method: own.ranking, leaveOut: own.leave_papers_out };
    const evidence = base && (await learnOrphans(context, world!, { base, ...settings }, pace));

    const described = evidence?.described ?? new Int32Array(0);
    // Beside no disease that can be ranked it is a class like others.
    const none = described.length > 0 ? names.indexOf(own.none) : -1;
    const common = codes.filter((k) => isOrphan[k] === 0 && k !== none);
    checkRows(train, common, names);
    const noneRows = train.y.reduce((n, k) => n + Number(k === none), 0);
    const unknown = codes.filter((k) => isOrphan[k] === 1 && !described.includes(k));
    const unpredictable = none >= 0 && noneRows === 0 ? Int32Array.from([...unknown, none]).sort() : unknown;
    const slotOf = evidence?.terms.slotOf ?? new Int32Array(train.x.cols).fill(-1);
    const ratios = evidence?.ratios ?? new Float64Array(0);
    const scores = evidence ? trainingScores(train, evidence) : [];
    const place = new Map(Array.from(described, (k, i) => [k, i]));
    const side = Uint8Array.from(train.y, (k) => Number(isOrphan[k] === 1 || k === none));
    const judged = [...train.y.keys()].flatMap((row): JudgedScores[] => {
      if (side[row] === 0) return [];
      const target = place.get(train.y[row]);
      const known = target !== undefined && scores[row][target] > Number.NEGATIVE_INFINITY;
      // Unknown: but for his own paper nothing were known of the patient's disease.
      return [{ scores: scores[row], target: known ? target : undefined }];
    });
    const outside = judged.filter(({ target }) => target === undefined).length;
    const share = side.reduce((sum, s) => sum + s, 0) / side.length;
    if (described.length > 0 && share === 0) throw noOrphanRows();
    const gated = common.length > 0 && described.length > 0;
    const draft: State = {
      columns: train.x.names,
      classes,
      fills: fillsOf(train, slotOf, side),
      common,
      commonColumns: varying(train.x, side),
      commonMissing: own.common === "gbm",
      orphans: described,
      none: noneRows > 0 ? none : -1,
      nonePart: noneRows / Math.max(1, outside),
      unknown,
      shares: fitShares(judged, noneRows > 0 || unknown.length > 0),
      slotOf,
      ratios,
      gateColumns: gated ? gateColumns(train.x, side, slotOf, own.gate) : new Int32Array(0),
    };
    const parts: Parts = {
      common: common.length > 1 ? await fitCommon(context, draft, side) : undefined,
      gate: gated ? await fitGate(context, draft, scores, side) : undefined,
    };
    const tell = gated ? telltale(train.x, side) : undefined;
    const card = base && world ? cardOf(base, world, draft, evidence!, train.y, unpredictable) : undefined;
    const notices = [
      ...(parts.common?.notices ?? []),
      ...(base ? noticesOf(base, world!, draft, evidence!, unpredictable, train.x) : []),
      ...(tell === undefined
        ? []
        : [
            `whether ${tell.name} is filled alone tells common from orphan diseases in ${(100 * tell.share).toFixed(0)} % of the training rows: the table is of different sources, so that telling the two apart says little of patients`,
          ]),
    ];
    return wrap(draft, parts, { importances: importancesOf(draft, parts.common, share), unpredictable, card }, notices);
  },

  async load(files) {
    const { state, importances, unpredictable } = unpack(fileOf(files, "combined.bin")) as Saved & { state: State };
    const inner = state.commonMissing ? gbm : logistic;
    const [own, gate] = [filesOf(files, "common/"), filesOf(files, "gate/")];
    const parts: Parts = {
      common: own && (await inner.load(own)),
      gate: gate && (await logistic.load(gate)),
    };
    const card = files["knowledge.json"];
    return wrap(state, parts, { importances, unpredictable, card }, []);
  },
};

interface Saved {
  readonly importances: Importances;
  readonly unpredictable: Int32Array;
  readonly card?: Uint8Array;
}

function wrap(state: State, parts: Parts, saved: Saved, notices: readonly string[]): FittedModel {
  const { card, importances, unpredictable } = saved;
  const under = (folder: string, model?: FittedModel): Record<string, Uint8Array> =>
    Object.fromEntries(Object.entries(model?.save() ?? {}).map(([name, bytes]) => [`${folder}/${name}`, bytes]));
  return combinedModel(state, parts, {
    importances,
    unpredictable: [...unpredictable],
    notices,
    save: () => ({
      "combined.bin": pack({ state, importances, unpredictable }),
      ...(card && { "knowledge.json": card }),
      ...under("common", parts.common),
      ...under("gate", parts.gate),
    }),
  });
}

function filesOf(files: Readonly<Record<string, Uint8Array>>, folder: string) {
  const own = Object.entries(files).filter(([name]) => name.startsWith(folder));
  return own.length === 0 ? undefined : Object.fromEntries(own.map(([name, b]) => [name.slice(folder.length), b]));
}

/** @throws UserError when a common disease has no training row */
function checkRows({ y }: LabelledMatrix, common: Int32Array, names: readonly string[]): void {
  const present = new Set(y);
  const absent = common.find((k) => !present.has(k));
  if (absent === undefined) return;
  const name = names[absent];
  throw new UserError(`class ${name ?? absent} has no row in the training part, and knowledge tells nothing of it`, {
    where: `class code ${absent}`,
    fix: "Give the class more rows, leave it out, or name it by its id (OMIM:154700) where the knowledge base has it.",
  });
}

const noOrphanRows = (): UserError =>
  new UserError("no training row has an orphan disease, so how many patients have one cannot be learned", {
    where: "split",
    fix: "Give some rows of orphan diseases, of any of them.",
  });

/** [rows] scores, those of an orphan class as new patients have them. */
function trainingScores({ x }: LabelledMatrix, evidence: OrphanEvidence): readonly Float64Array[] {
  const { described: orphans, ratios, terms, own } = evidence;
  const all = scoresOf({ orphans, ratios, slotOf: terms.slotOf }, x);
  return all.map((scores, row) => own[row] ?? scores);
}

/** [columns] mean of the training patients with a common disease, 0 for terms: what was not asked does not count as present. */
function fillsOf({ x }: LabelledMatrix, slotOf: Int32Array, side: Uint8Array): Float32Array {
  const all = side.includes(0) ? 0 : 1;
  return Float32Array.from(x.names, (_, j) => {
    if (slotOf[j] >= 0) return 0;
    let [sum, n] = [0, 0];
    for (let row = 0; row < x.rows; row++) {
      const value = x.data[row * x.cols + j];
      if (side[row] !== all || Number.isNaN(value)) continue;
      sum += value;
      n++;
    }
    return n === 0 ? 0 : sum / n;
  });
}

/** Columns that differ among the training patients with a common disease; the first one where none does. */
function varying(x: Matrix, side: Uint8Array): Int32Array {
  const rows = [...side.keys()].filter((row) => side[row] === 0);
  const differs = (j: number): boolean =>
    rows.some((row) => !Object.is(x.data[row * x.cols + j], x.data[rows[0] * x.cols + j]));
  const found = Int32Array.from(x.names.keys()).filter(differs);
  return found.length > 0 ? found : Int32Array.of(0);
}

async function fitCommon(context: FitContext<Params>, state: State, side: Uint8Array): Promise<FittedModel> {
  const { train, validation, params: own } = context;
  const code = new Map(Array.from(state.common, (k, i) => [k, i]));
  const part = ({ x, y, weights }: LabelledMatrix, rows: Int32Array): LabelledMatrix => ({
    x: pickColumns(
      { ...x, rows: rows.length, data: takeRows(x.data, x.cols, rows) },
      state.commonColumns,
      state.commonMissing ? undefined : state.fills,
    ),
    y: rows.map((row) => code.get(y[row])!),
    ...(weights && { weights: Float32Array.from(rows, (row) => weights[row]) }),
  });
  const rowsOf = (y: Int32Array): Int32Array => Int32Array.from(y.keys()).filter((row) => code.has(y[row]));
  const shared = {
    ...context,
    train: part(
      train,
      Int32Array.from(side.keys()).filter((row) => side[row] === 0),
    ),
    validation: part(validation, rowsOf(validation.y)),
    classes: state.common.length,
  };
  if (own.common === "logistic") return logistic.fit({ ...shared, params: logistic.params.parse({ C: own.C }) });
  const { n_estimators, learning_rate, num_leaves, min_child_samples } = own;
  const tree = gbm.params.parse({ n_estimators, learning_rate, num_leaves, min_child_samples });
  return gbm.fit({ ...shared, params: tree });
}

function fitGate(
  context: FitContext<Params>,
  state: State,
  scores: readonly Float64Array[],
  side: Uint8Array,
): Promise<FittedModel> {
  const { train, classes: _, onRound: __, ...rest } = context;
  const evidence = Float64Array.from(scores, (own) => evidenceOf(own, state.shares.temperature));
  const x = gateMatrix(train.x, state, evidence);
  return logistic.fit({
    ...rest,
    classes: 2,
    params: logistic.params.parse({ C: context.params.C }),
    train: { x, y: Int32Array.from(side), ...(train.weights && { weights: train.weights }) },
    validation: { x: { ...x, rows: 0, data: new Float32Array(0) }, y: new Int32Array(0) },
  });
}

function noticesOf(
  base: KnowledgeBase,
  { classNames }: World,
  state: State,
  { terms }: OrphanEvidence,
  unpredictable: Int32Array,
  x: Matrix,
): string[] {
  const always = terms.names.filter((_, slot) => {
    const columns = [...state.slotOf.keys()].filter((j) => state.slotOf[j] === slot);
    for (let row = 0; row < x.rows; row++) if (!columns.some((j) => x.data[row * x.cols + j] > 0)) return false;
    return true;
  });
  return [
    ...(base.release.excerpt ? [`the knowledge base is an excerpt of ${base.diseases.length} diseases`] : []),
    ...(terms.names.length === 0 ? ["no column is a term of the HPO, so that every orphan disease fits alike"] : []),
    ...(always.length === 0
      ? []
      : [`every training row has ${listed(always)}: let impute leave booleans missing, or fill them with false`]),
    ...(unpredictable.length === 0
      ? []
      : [
          `never predicted, as neither knowledge nor a row tells anything: ${listed(Array.from(unpredictable, (k) => classNames[k]))}`,
        ]),
  ];
}
