import { UserError } from "../../core/errors.ts";
import type { Pruner, PrunerOptions, SearchSpace, Strategy } from "../../core/search.ts";
import { strategies } from "../../search/index.ts";
import { pruners } from "../../search/pruning/index.ts";
import { type LocatedYaml, suggestion } from "../located.ts";
import type { ExperimentConfig } from "../schema.ts";
import { endlessPath, type Grid, spaceOf } from "./axes.ts";
import { parseDuration, parseTarget, type Target } from "./limits.ts";

/** How an experiment's points are chosen, what stops trials early, and when it ends. */
export interface SearchSettings {
  readonly strategy: Strategy;
  readonly space: SearchSpace;
  /** Points at most; infinite where all are run. */
  readonly trials: number;
  /** Milliseconds from the first trial on, after which none starts; infinite where there is no limit. */
  readonly time: number;
  readonly until?: Target;
  readonly seed: number;
  readonly startup: number;
  readonly pruning?: { readonly pruner: Pruner; readonly options: PrunerOptions };
}

const DEFAULT_TRIALS = 50;

/** @throws UserError for an unknown strategy, pruner or metric, a limit that cannot be read, or a grid without end */
export async function readSearch(
  { search }: Pick<ExperimentConfig, "search">,
  grids: readonly Grid[],
  yaml: LocatedYaml,
): Promise<SearchSettings> {
  const space = spaceOf(grids);
  const ranges = endlessPath(space);
  if (ranges && !search) {
    throw new UserError(`${ranges.join(".")}: a range, and nothing says how to search it`, {
      where: yaml.where(ranges),
      fix: ["Add search: { strategy: tpe, trials: 50 } to the file,", "or --strategy tpe --trials 50"],
    });
  }
  const ranged = grids.some(({ axes }) => axes.some((axis) => axis.range));
  const id = search?.strategy ?? (search && ranged ? "tpe" : "grid");
  const strategy = await named(strategies, id, "strategy", yaml, ["search", "strategy"]);
  if (strategy.kind === "list") {
    try {
      strategy.points(space);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      throw new UserError(error.message, { where: ranges && yaml.where(ranges), fix: error.fix });
    }
  }
  const time =
    search?.time === undefined ? Number.POSITIVE_INFINITY : parseDuration(search.time, yaml.where(["search", "time"]));
  const open = strategy.kind === "list" || Number.isFinite(time) ? Number.POSITIVE_INFINITY : DEFAULT_TRIALS;
  return {
    strategy,
    space,
    trials: search?.trials ?? open,
    time,
    until: search?.until === undefined ? undefined : parseTarget(search.until, yaml.where(["search", "until"])),
    seed: search?.seed ?? 7,
    startup: search?.startup ?? 10,
    pruning: await readPruner(search, yaml),
  };
}

async function readPruner(search: ExperimentConfig["search"], yaml: LocatedYaml): Promise<SearchSettings["pruning"]> {
  const { kind = "none", reduction = 3, min_rounds: minRounds = 9 } = search?.pruner ?? {};
  if (kind === "none") return undefined;
  const pruner = await named(pruners, kind, "pruner", yaml, ["search", "pruner", "kind"], ["none"]);
  return { pruner, options: { reduction, minRounds } };
}

async function named<T>(
  index: Readonly<Record<string, () => Promise<T>>>,
  id: string,
  what: string,
  yaml: LocatedYaml,
  path: readonly string[],
  others: readonly string[] = [],
): Promise<T> {
  const load = Object.hasOwn(index, id) ? index[id] : undefined;
  if (load) return load();
  const known = [...Object.keys(index), ...others];
  throw new UserError(`unknown ${what} "${id}"`, { where: yaml.where(path), fix: suggestion(id, known) });
}

/** The settings as texts, for tags and people. */
export function describeSearch({
  strategy,
  trials,
  time,
  until,
  seed,
  pruning,
}: SearchSettings): Record<string, string> {
  return {
    strategy: strategy.id,
    ...(strategy.kind === "sequence" ? { seed: String(seed) } : {}),
    ...(Number.isFinite(trials) ? { trials: String(trials) } : {}),
    ...(Number.isFinite(time) ? { time: `${time / 1000}s` } : {}),
    ...(until ? { until: until.text } : {}),
    ...(pruning
      ? {
          pruner: `${pruning.pruner.id} min_rounds=${pruning.options.minRounds}${pruning.pruner.id === "asha" ? ` reduction=${pruning.options.reduction}` : ""}`,
        }
      : {}),
  };
}
