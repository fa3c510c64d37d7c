import { interval, number, some } from "./blocks.ts";
import type { CardInput, Estimated } from "./input.ts";

/** Classes with fewer rows are named: a share of so few says little. */
const FEW_TRAINED = 20;
const FEW_JUDGED = 10;
/** A wider interval of a share is named. */
const WIDE = 0.1;
/** The same of one class, which has fewer patients. */
const WIDE_RECALL = 0.3;

/** What follows from the run about how far the model can be trusted, one sentence each. */
export function limitsOf(input: CardInput): readonly string[] {
  return [
    ...ofTraining(input),
    ...ofClasses(input),
    ...ofIntervals(input),
    ...ofChoice(input),
    ...ofCalibration(input),
    ...ofSubgroups(input),
    ...ofGates(input),
    ...ofOrigin(input),
    ...(input.trail?.problems ?? []).map((problem) => `The audit trail is not whole: ${problem}.`),
    ...(input.declared?.says.limits ?? []),
  ];
}

function ofTraining({ split, experiment }: CardInput): string[] {
  if (split === null) return ["The run keeps no split: on how many patients it was trained is not known."];
  const { train, validation, test } = split.sizes;
  const all = train + validation + test;
  const limits = [`It was trained on ${train} of ${all} patients (rows); ${validation} were validation, ${test} test.`];
  if (split.fold !== null) {
    const folds = experiment?.folds ? ` of ${experiment.folds}` : "";
    limits.push(
      `It is the model of fold ${split.fold + 1}${folds} of a cross-validation: ranks on the leaderboard are means over all folds, its own figures are those of this fold.`,
    );
  }
  return limits;
}

function ofClasses({ split, judged, data }: CardInput): string[] {
  const limits: string[] = [];
  const named = split?.report.classes.filter(({ name }) => data?.classes.includes(name)) ?? [];
  const learned = named.filter(({ train }) => train < FEW_TRAINED).sort((a, b) => a.train - b.train);
  if (learned.length > 0) {
    const names = some(learned.map(({ name, train }) => `${name} (${train})`));
    limits.push(`Diseases learned from fewer than ${FEW_TRAINED} patients: ${names}.`);
  }
  const few = named.filter(({ validation }) => validation < FEW_JUDGED).sort((a, b) => a.validation - b.validation);
  if (few.length > 0) {
    const names = some(few.map(({ name, validation }) => `${name} (${validation})`));
    limits.push(`Diseases judged on fewer than ${FEW_JUDGED} validation patients: ${names}.`);
  }
  const orphans = judged?.classes.filter(({ orphan }) => orphan) ?? [];
  for (const { name, rows, recall } of orphans.slice(0, 20)) {
    const low = Number.isNaN(recall.low) ? "" : ` (${interval(recall.low, recall.high)})`;
    limits.push(`Recall of the orphan disease ${name}: ${number(recall.value)}${low} on ${rows} validation patients.`);
  }
  if (orphans.length > 20) limits.push(`${orphans.length - 20} more orphan diseases stand in the table by class.`);
  return limits;
}

const width = ({ low, high }: Estimated): number => high - low;

function ofIntervals({ run, judged, experiment }: CardInput): string[] {
  const limits: string[] = [];
  const rank = experiment?.rankMetric;
  const measured = run.metrics.find(({ key }) => key === `val_${rank}`);
  if (measured && (measured.low === null || measured.high === null)) {
    limits.push(
      `${rank} on validation is ${number(measured.value)} without an interval: the draws agree or it is not defined in too many, and that is no certainty.`,
    );
  } else if (measured && measured.high! - measured.low! > WIDE) {
    limits.push(`${rank} on validation is uncertain: ${interval(measured.low, measured.high)}.`);
  }
  const wide = judged?.classes.filter(({ recall }) => width(recall) > WIDE_RECALL) ?? [];
  if (wide.length > 0) {
    const names = some(wide.map(({ name, recall }) => `${name} (${interval(recall.low, recall.high)})`));
    limits.push(`Recall has an interval wider than ${WIDE_RECALL} for: ${names}.`);
  }
  return limits;
}

function ofChoice({ board, judged }: CardInput): string[] {
  const limits: string[] = [];
  if (board && board.tied.length > 0 && board.isTied) {
    limits.push(
      `On these validation patients it cannot be told from ${board.tied.length} other configurations: ${some(board.tied, 6)}.`,
    );
  } else if (board?.rank && board.rank > 1) {
    limits.push(`It is not the best of its experiment: rank ${board.rank} of ${board.configurations}.`);
  }
  if (judged) {
    limits.push(
      "Figures on validation flatter: the model was chosen by them, and early stopping or calibration may have used them.",
    );
  }
  return limits;
}

function ofCalibration({ trial, judged, run, experiment }: CardInput): string[] {
  if (experiment?.input === "cases" || trial === null) return [];
  const ece = run.metrics.find(({ key }) => key === "val_ece");
  const found = ece && judged ? ` ECE ${number(ece.value)} on ${judged.rows} validation patients.` : "";
  return trial.calibrate === "none"
    ? [`Its probabilities were not calibrated.${found}`]
    : [
        `Its probabilities were calibrated (${trial.calibrate}) on the validation patients, and checked on the same ones out of fold.${found}`,
      ];
}

function ofSubgroups({ subgroups, gates }: CardInput): string[] {
  const byGate = gates.some(({ outcome }) => outcome.rules.some(({ rule }) => rule.startsWith("subgroup ")));
  if (subgroups.groups.length === 0) {
    return byGate ? [] : ["Performance by sex, age, origin or centre is not known: no subgroup was looked at."];
  }
  const small = subgroups.groups.filter(({ patients }) => patients < FEW_TRAINED);
  if (small.length === 0) return [];
  const names = some(small.map(({ column, label, patients }) => `${column} ${label} (${patients})`));
  return [`Subgroups with fewer than ${FEW_TRAINED} validation patients: ${names}.`];
}

function ofGates({ gates, looks, experiment }: CardInput): string[] {
  const onTest = gates.filter(({ outcome }) => outcome.part !== "validation");
  const limits: string[] = [];
  if (onTest.length === 0 && looks.length === 0) limits.push("No gate has judged it on the test patients.");
  if (looks.length > 1) {
    limits.push(
      `Gates have looked ${looks.length} times at these test patients: the more often one chooses by them, the more they flatter.`,
    );
  }
  const last = onTest.at(-1)?.outcome;
  if (last && last.verdict !== "pass") limits.push(`The gate ${last.gate} ended with: ${last.verdict}.`);
  const open = last?.rules.filter(({ low, high }) => low !== null && high !== null && high - low > WIDE) ?? [];
  if (open.length > 0) {
    const names = some(open.map(({ rule, low, high, n }) => `${rule} (${interval(low, high)}, ${n} patients)`));
    limits.push(`Wide intervals on the test patients: ${names}.`);
  }
  if (last?.championProblem) limits.push(`It was not compared with the champion: ${last.championProblem}.`);
  if (experiment && !experiment.predefinedSplit) {
    limits.push(
      "Validation and test patients were drawn from the same file as those of training: there is no external evaluation.",
    );
  }
  return limits;
}

function ofOrigin({ facts, registered, files, run }: CardInput): string[] {
  const limits: string[] = [];
  if (facts?.git === null) limits.push("The project was no git checkout: the state of its files is not kept.");
  if (facts?.git?.dirty)
    limits.push("There were uncommitted changes when it was trained (uncommitted.patch of the sweep).");
  if (registered?.modelHash && files && registered.modelHash !== files.hash) {
    limits.push("The model's files are not those that were registered.");
  }
  return [...limits, ...run.notices.map((notice) => `Noticed in training: ${notice}.`)];
}
