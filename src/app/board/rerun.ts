import { UserError } from "../../core/errors.ts";
import type { Run, TrackingStore } from "../../core/store.ts";
import { Tag, type Trial } from "../../core/trial.ts";
import { rankingFamilies } from "../../experiments/kinds/ranking-families.ts";
import { families } from "../../families/index.ts";

/**
 * The command (words after `disease`) that runs a trial's configuration again, its params written out to be changed; of a
 * sweep the one that began it.
 * @throws UserError when the run does not say what it was made of
 */
export async function rerunWords(store: TrackingStore, runId: string): Promise<readonly string[]> {
  const run = await store.getRun(runId);
  const file = run.tags["mlflow.source.name"];
  const kind = run.tags[Tag.kind];
  if (file === undefined || (kind !== "trial" && kind !== "sweep")) {
    throw new UserError("the run was not made by disease exp run", { where: `run ${runId}` });
  }
  const sweepId = kind === "sweep" ? runId : run.tags[Tag.parent];
  const overrides = sweepId === undefined ? [] : await overridesOf(store, sweepId);
  const own =
    kind === "sweep"
      ? []
      : await trialOverrides(await readJson<Trial>(store, run, "config/trial.json"), run.tags[Tag.input] === "cases");
  const kept = own.length === 0 ? overrides : overrides.filter((text) => !/^(families|seeds)[.=]/.test(text));
  return ["exp", "run", file, ...[...kept, ...own].flatMap((text) => ["--set", text])];
}

async function overridesOf(store: TrackingStore, sweepId: string): Promise<readonly string[]> {
  const sweep = await store.getRun(sweepId);
  return (await readJson<{ overrides: readonly string[] }>(store, sweep, "sweep.json")).overrides;
}

async function readJson<T>(store: TrackingStore, { info }: Run, path: string): Promise<T> {
  return JSON.parse(new TextDecoder().decode(await store.readArtifact(info.runId, path))) as T;
}

/** One family with the values that are not its defaults, or by which the trial is named. */
async function trialOverrides(trial: Trial, isCases: boolean): Promise<string[]> {
  const { name, family, params, preparation, classWeight, resample, calibrate, prior, seed, fold } = trial;
  const defaults = await defaultsOf(family);
  const named = new Set(Array.from(name.matchAll(/(\w+)=/g), ([, key]) => key));
  const own = Object.entries(params).filter(
    ([key, value]) => named.has(key) || JSON.stringify(value) !== JSON.stringify(defaults[key]),
  );
  const shared = Object.entries({ class_weight: classWeight, resample, calibrate, prior }).filter(
    ([, value]) => value !== undefined && value !== "none",
  );
  const grid = { ...Object.fromEntries([...own, ...shared]), ...(!isCases && { preparation: preparation.name }) };
  return [`families=${flow({ [family]: grid })}`, ...(fold === undefined ? [`seeds=[${seed}]`] : [])];
}

async function defaultsOf(id: string): Promise<Readonly<Record<string, unknown>>> {
  const load = Object.hasOwn(families, id) ? families[id] : rankingFamilies[id];
  const parsed = (await load?.())?.params.safeParse({});
  return parsed?.success ? (parsed.data as Record<string, unknown>) : {};
}

/** A value as YAML writes it in one line; keys bare where they may be. */
function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(", ")}]`;
  if (value === null || typeof value !== "object") {
    return typeof value === "string" &&
      /^[a-z][\w-]*$/i.test(value) &&
      !/^(true|false|null|yes|no|on|off)$/i.test(value)
      ? value
      : JSON.stringify(value);
  }
  const key = (text: string): string => (/^[\w-]+$/.test(text) ? text : JSON.stringify(text));
  return `{${Object.entries(value)
    .map(([name, inner]) => `${key(name)}: ${flow(inner)}`)
    .join(", ")}}`;
}
