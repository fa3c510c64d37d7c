/** What an experiment's trials are planned over: the data that it names, their splits, and the kind of trials. */
import { statSync } from "node:fs";
import { resolve } from "node:path";
import type { PatientCase } from "../core/cases.ts";
import type { Dataset, Notice, Split } from "../core/dataset.ts";
import { UserError } from "../core/errors.ts";
import type { KnowledgeBase } from "../core/knowledge.ts";
import type { Experiment } from "../experiments/config.ts";
import { rankingKind } from "../experiments/kinds/ranking.ts";
import { tableKind } from "../experiments/kinds/table.ts";
import { checkFileFits } from "../experiments/lanes/memory.ts";
import type { Plan } from "../experiments/plan.ts";
import { type CaseConfig, type ExperimentConfig, isCaseConfig, type TableConfig } from "../experiments/schema.ts";
import { caseDataset } from "../lake/phenopackets/dataset.ts";
import { type SplitOptions, splitDataset, splitFolds } from "../statistics/split.ts";
import { casesOf, openKnowledge } from "./cases.ts";
import { knowledgeFiles } from "./knowledge.ts";
import { machineMemory } from "./lanes.ts";
import { type Project, readText } from "./project.ts";
import { readData } from "./read-data.ts";

type PlanData = Pick<Plan, "dataset" | "splits" | "kind">;

/** @param memory bytes that may be used; those of the machine when absent */
export async function readPlanData(
  project: Project,
  experiment: Experiment,
  { memory }: { readonly memory?: number },
): Promise<PlanData> {
  const { config } = experiment;
  return isCaseConfig(config) ? planCases(project, config) : planTable(project, experiment, config, memory);
}

async function planTable(
  project: Project,
  experiment: Experiment,
  config: TableConfig,
  memory: number | undefined,
): Promise<PlanData> {
  const { path } = config.data;
  const { size = 0 } = statSync(resolve(project.root, path), { throwIfNoEntry: false }) ?? {};
  checkFileFits(size, memory ?? machineMemory(), path);
  const dataset = await readData(project, config, memory);
  const files = await knowledgeFiles(project, experiment);
  const kind = tableKind(experiment, dataset, files);
  const asOne = config.split.unseen === "orphans" ? kind.orphans : [];
  return { dataset, splits: drawSplits(project, config, dataset, { ...config.split, asOne }), kind };
}

async function planCases(project: Project, config: CaseConfig): Promise<PlanData> {
  const { cases, dataset, base, folder } = await readCaseData(project, config);
  // A disease is no class to be drawn evenly: one without a solved case is to be judged as well.
  const codes = new Int32Array(cases.length);
  const drawn = { ...dataset, target: { name: "case", classes: ["case"], codes } };
  return {
    dataset,
    splits: drawSplits(project, config, drawn, { stratify: false, duplicates: "allow" }),
    kind: rankingKind(config, { cases, folder, release: base.release }),
  };
}

export interface CaseData {
  /** With a diagnosis; row i of the dataset is case i. */
  readonly cases: readonly PatientCase[];
  readonly dataset: Dataset;
  readonly base: KnowledgeBase;
  /** Where the knowledge base is, absolute. */
  readonly folder: string;
}

/**
 * The cases that an experiment names, and the knowledge base that they are ranked by.
 * @throws UserError when either cannot be read, or no case has a diagnosis
 */
export async function readCaseData(project: Project, { data }: Pick<CaseConfig, "data">): Promise<CaseData> {
  const notices: Notice[] = [];
  const notify = ({ message }: { readonly message: string }): unknown => notices.push({ code: "cases", message });
  const { folder, base } = await openKnowledge(
    project,
    data.knowledge === undefined ? undefined : resolve(project.root, data.knowledge),
    notify,
  );
  const all = casesOf(resolve(project.root, data.cases), notify).cases;
  const cases = all.filter(({ diagnoses }) => diagnoses.length > 0);
  if (cases.length === 0) {
    throw new UserError("no case has a diagnosis", {
      where: data.cases,
      fix: "An experiment learns from solved cases: give those whose disease is known.",
    });
  }
  const tell = (count: number, what: string): void => {
    if (count > 0) notify({ message: `${count} of ${all.length} cases ${what}` });
  };
  tell(all.length - cases.length, "have no diagnosis and are left out");
  tell(
    cases.filter(({ publication }) => publication === undefined).length,
    "name no publication: each counts as one of its own",
  );
  return { cases, dataset: caseDataset(cases, data.cases, notices), base, folder };
}

/** One split a repeat. */
function drawSplits(
  project: Project,
  { seeds, split }: ExperimentConfig,
  dataset: Dataset,
  { stratify, duplicates, asOne }: Pick<SplitOptions, "stratify" | "duplicates" | "asOne">,
): Split[] {
  const { train, validation, test, folds, seed: testSeed } = split;
  const given = split.file === undefined ? undefined : readSplits(resolve(project.root, split.file));
  return seeds.flatMap((seed) => {
    const rows = given?.[seed];
    if (given && !rows) {
      throw new UserError(`no split for seed ${seed}`, {
        where: split.file,
        fix: `Seeds there: ${Object.keys(given).join(", ")}.`,
      });
    }
    const predefined = rows && { validation: Int32Array.from(rows.validation), test: Int32Array.from(rows.test) };
    const options = { train, validation, test, testSeed, seed, stratify, duplicates, asOne, predefined };
    return folds === undefined ? [splitDataset(dataset, options)] : [...splitFolds(dataset, options, folds)];
  });
}

function readSplits(path: string): Record<string, { validation: number[]; test: number[] }> {
  const fix = 'It holds JSON: {"SEED": {"validation": [row, …], "test": [row, …]}}, rows counted from 0.';
  let value: unknown;
  try {
    value = JSON.parse(readText(path));
  } catch (error) {
    throw error instanceof UserError ? error : new UserError("the split file is not JSON", { where: path, fix });
  }
  const isRows = (v: unknown): v is number[] => Array.isArray(v) && v.every((row) => Number.isInteger(row));
  const entries = Object.entries((value ?? {}) as Record<string, { validation?: unknown; test?: unknown }>);
  if (entries.length === 0 || !entries.every(([, e]) => isRows(e?.validation) && isRows(e?.test))) {
    throw new UserError("the split file has another shape", { where: path, fix });
  }
  return value as Record<string, { validation: number[]; test: number[] }>;
}
