import { stringify } from "yaml";
import type { Family } from "../core/family.ts";
import type { Step, StepSpec } from "../core/step.ts";
import type { Calibrate, ClassWeight, Preparation, Prior, Resample } from "../core/trial.ts";
import type { Experiment } from "./config.ts";
import { parseLocated } from "./located.ts";
import { isCaseConfig } from "./schema.ts";

/** A configuration that did well, with its preparation. */
export interface BestPoint {
  readonly family: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly preparation: Preparation;
  readonly classWeight: ClassWeight;
  readonly resample: Resample;
  readonly calibrate: Calibrate;
  readonly prior: Prior;
}

export interface RoundPlan {
  /** An experiment file. */
  readonly text: string;
  /** What it tries beside the best so far, one sentence each. */
  readonly changes: readonly string[];
}

export interface RoundInput {
  readonly experiment: Experiment;
  /** The number of the round, from 2. */
  readonly round: number;
  /** The best configuration of each family, best first. */
  readonly best: readonly BestPoint[];
  /** Steps of the preparations of all rounds so far, as `stepsKey` writes them. */
  readonly tried: ReadonlySet<string>;
  /** Steps that there are, by id. */
  readonly steps: Readonly<Record<string, Step>>;
  /** Families by id, for the ranges of their hyper-parameters. */
  readonly families: Readonly<Record<string, Pick<Family, "params">>>;
}

/** How many families go on, hyper-parameters are searched around each best, and preparations are added a round. */
const FAMILIES = 2;
const AXES = 2;
const ADDED = 2;

/** One way to widen a preparation; `make` gives the steps that it makes of others, undefined where it does not apply. */
interface Variant {
  readonly name: string;
  readonly what: string;
  make(steps: readonly StepSpec[]): readonly StepSpec[] | undefined;
}

const change = (name: string, id: string, params: StepSpec["params"]): Variant => ({
  name,
  what: `${id} with ${Object.entries(params)
    .map(([key, value]) => `${key} ${value}`)
    .join(", ")}`,
  make: (steps) => withParams(steps, id, params),
});
const add = (id: string): Variant => ({ name: id, what: `${id} at the end`, make: (steps) => appended(steps, id) });

/** In the order in which they are tried: the cheap and mostly helpful first. */
const VARIANTS: readonly Variant[] = [
  change("robust-scale", "scale", { method: "robust" }),
  change("rare-levels", "encode", { min_frequency: 1 }),
  add("select"),
  add("pca"),
  change("mean-impute", "impute", { numeric: "mean", categorical: "most_frequent" }),
  change("minmax-scale", "scale", { method: "minmax", columns: "all" }),
  add("lda"),
  { name: "no-scale", what: "scale left out", make: (steps) => without(steps, "scale") },
];

function withParams(
  steps: readonly StepSpec[],
  id: string,
  params: StepSpec["params"],
): readonly StepSpec[] | undefined {
  if (!steps.some((s) => s.id === id)) return undefined;
  return steps.map((s) => (s.id === id ? { id, params: { ...s.params, ...params } } : s));
}

function appended(steps: readonly StepSpec[], id: string): readonly StepSpec[] | undefined {
  return steps.some((s) => s.id === id) ? undefined : [...steps, { id, params: {} }];
}

function without(steps: readonly StepSpec[], id: string): readonly StepSpec[] | undefined {
  return steps.some((s) => s.id === id) && steps.length > 1 ? steps.filter((s) => s.id !== id) : undefined;
}

/** Equal for preparations of the same steps, whatever their names are. */
export function stepsKey(steps: readonly StepSpec[]): string {
  return JSON.stringify(steps.map(({ id, params }) => [id, Object.entries(params).sort()]));
}

/**
 * The next round of a search: for the best families, their hyper-parameters around the best point, and at that point wider
 * preparations, the other class weight, calibration and resampling; ensembles combine these trials. The data, the splits and the seeds stay as they are. Pure.
 * @returns undefined when there is nothing new to try
 */
export function nextRound(input: RoundInput): RoundPlan | undefined {
  const { experiment, round, best } = input;
  const combining = new Set(experiment.ensembles.map(({ family }) => family.id));
  const leaders = best.filter((p) => p.family !== "baseline" && !combining.has(p.family)).slice(0, FAMILIES);
  if (leaders.length === 0) return undefined;
  if (isCaseConfig(experiment.config)) return caseRound(input, leaders);
  const preparations = new Map(leaders.map(({ preparation }) => [preparation.name, preparation.steps]));
  const added = widen(leaders[0].preparation, input);
  const changes = added.map(({ name, what }) => `preparation ${name}: ${what}`);
  for (const { name, steps } of added) preparations.set(name, steps);

  const grids: Record<string, object[]> = {};
  let searched = false;
  for (const point of leaders) {
    const { family, preparation, classWeight, resample, calibrate, prior } = point;
    const params = { ...point.params, calibrate, prior };
    const axes = around(point, input);
    const other = classWeight === "none" ? "balanced" : "none";
    // Families that know classes take no resampled rows.
    const resamples = experiment.grids.some((grid) => grid.family.id === family && !grid.family.knowsClasses);
    const own = resamples ? { resample } : {};
    const otherResample: readonly Resample[] = resample === "none" ? ["oversample", "smote"] : ["none"];
    const search = { ...params, ...axes, preparation: preparation.name, class_weight: classWeight, ...own };
    const wider = {
      ...params,
      preparation: [preparation.name, ...added.map((p) => p.name)],
      // Resampled classes weigh alike as they are.
      class_weight: resample === "none" ? [classWeight, other] : classWeight,
      ...own,
    };
    const calibrated = { ...search, ...point.params, calibrate: "temperature" };
    const resampled = { ...params, preparation: preparation.name, class_weight: "none", resample: [...otherResample] };
    grids[family] = [
      ...(Object.keys(axes).length > 0 ? [search] : []),
      wider,
      ...(calibrate === "none" ? [calibrated] : []),
      ...(resamples ? [resampled] : []),
    ];
    searched ||= Object.keys(axes).length > 0;
    for (const [key, values] of Object.entries(axes)) changes.push(`${family}: ${key} ${values.join(", ")}`);
    if (resample === "none") changes.push(`${family}: class_weight ${other}`);
    if (calibrate === "none") changes.push(`${family}: calibrate temperature`);
    if (resamples) changes.push(`${family}: resample ${otherResample.join(", ")}`);
  }
  // They combine whatever trials there are now.
  for (const { family, axes } of experiment.ensembles) {
    const own = axes.filter(({ key }) => key !== "members").map(({ key, values }) => [key, values] as const);
    grids[family.id] = [...(grids[family.id] ?? []), Object.fromEntries(own)];
  }
  if (added.length === 0 && round > 2 && !searched) return undefined;

  const named = Object.fromEntries([...preparations].map(([name, steps]) => [name, steps.map(stepYaml)]));
  return { text: textOf(input, { preparations: named, families: grids }), changes };
}

/** Of cases nothing is prepared and no class is weighed: the hyper-parameters around the best points are all that there is to try. */
function caseRound(input: RoundInput, leaders: readonly BestPoint[]): RoundPlan | undefined {
  const grids: Record<string, object> = {};
  const changes: string[] = [];
  for (const point of leaders) {
    const axes = around(point, input);
    for (const [key, values] of Object.entries(axes)) changes.push(`${point.family}: ${key} ${values.join(", ")}`);
    if (Object.keys(axes).length > 0) grids[point.family] = { ...point.params, ...axes };
  }
  return changes.length === 0 ? undefined : { text: textOf(input, { families: grids }), changes };
}

/** The experiment with other parts. */
function textOf({ experiment, round }: RoundInput, parts: object): string {
  const value = parseLocated(experiment.file, experiment.text, experiment.overrides).value as object;
  // What was searched first is narrowed by grids.
  const text = stringify({ ...value, name: experiment.name, ...parts, search: undefined });
  return `# Round ${round} of ${experiment.file}, planned by disease\n${text}`;
}

function widen(
  from: Preparation,
  { tried, steps: known, round }: RoundInput,
): (Preparation & { readonly what: string })[] {
  const added: (Preparation & { readonly what: string })[] = [];
  for (const variant of VARIANTS) {
    const steps = complete(variant.make(from.steps) ?? [], known);
    if (added.length === ADDED || steps.length === 0 || tried.has(stepsKey(steps))) continue;
    // The same change to another preparation in another round is another preparation.
    added.push({ name: `${variant.name}-${round}`, steps, what: variant.what });
  }
  return added;
}

/** Steps with the defaults of their params; none where one is not there or does not take its params. */
function complete(specs: readonly StepSpec[], known: RoundInput["steps"]): readonly StepSpec[] {
  const read = specs.map(({ id, params }) => ({ id, parsed: known[id]?.params.safeParse(params) }));
  if (read.some(({ parsed }) => !parsed?.success)) return [];
  return read.map(({ id, parsed }) => ({ id, params: parsed?.data as StepSpec["params"] }));
}

/** For the numbers that the experiment varied: half, same and double of the best; nearer from the third round on. */
function around({ family, params }: BestPoint, { experiment, round, families }: RoundInput): Record<string, unknown[]> {
  const factor = round === 2 ? 2 : 2 ** (1 / (round - 1));
  const varied = experiment.grids
    .filter((g) => g.family.id === family)
    .flatMap((g) => g.axes.filter((a) => a.range || a.values.length > 1).map((a) => a.key));
  const accepts = (key: string, value: unknown): boolean => {
    const read = families[family]?.params.safeParse({ ...params, [key]: value });
    return read?.success === true;
  };
  const axes: Record<string, unknown[]> = {};
  for (const key of new Set(varied)) {
    const centre = params[key];
    if (typeof centre !== "number" || centre === 0 || Object.keys(axes).length === AXES) continue;
    const whole = ![0.5, -0.5].some((half) => accepts(key, Math.round(centre) + half));
    const shown = (x: number): number => (whole ? Math.round(x) : Number(x.toPrecision(3)));
    const values = [...new Set([shown(centre / factor), centre, shown(centre * factor)])].filter((v) =>
      accepts(key, v),
    );
    if (values.length > 1) axes[key] = values;
  }
  return axes;
}

function stepYaml({ id, params }: StepSpec): unknown {
  return Object.keys(params).length === 0 ? id : { [id]: params };
}
