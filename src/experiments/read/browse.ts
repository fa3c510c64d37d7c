import { UserError } from "../../core/errors.ts";
import type { ArtifactInfo, Run, TrackingStore } from "../../core/store.ts";
import { FACTS, Tag, VALIDATION } from "../../core/trial.ts";
import { suggestion } from "../located.ts";

/** Reading runs back: lists, one run, two runs side by side. */

type Cell = string | number | null;

/** Experiments with the number of their runs. */
export async function listExperiments(
  store: TrackingStore,
): Promise<readonly Record<"name" | "id" | "runs" | "sweeps" | "failed" | "last", Cell>[]> {
  const experiments = await store.listExperiments();
  return Promise.all(
    experiments.map(async (e) => {
      let [runs, sweeps, failed, last] = [0, 0, 0, null as number | null];
      let pageToken: string | undefined;
      do {
        const page = await store.searchRuns({
          experimentIds: [e.experimentId],
          columns: { metrics: [], params: [], tags: [Tag.kind] },
          maxResults: 50_000,
          pageToken,
        });
        for (const { info, tags } of page.items) {
          if (tags[Tag.kind] === "sweep") sweeps++;
          else runs++;
          if (info.status === "FAILED" && tags[Tag.kind] !== "sweep") failed++;
          last = Math.max(last ?? 0, info.startTime);
        }
        pageToken = page.nextPageToken;
      } while (pageToken);
      return { name: e.name, id: e.experimentId, runs, sweeps, failed, last };
    }),
  );
}

/** The experiment that a run was begun in last. */
export async function newestExperiment(store: TrackingStore): Promise<string> {
  const experiments = await store.listExperiments();
  const page = await store.searchRuns({
    experimentIds: experiments.map((e) => e.experimentId),
    filter: `tags.\`${Tag.kind}\` = 'trial'`,
    orderBy: ["attributes.start_time DESC"],
    maxResults: 1,
    columns: { metrics: [], params: [], tags: [] },
  });
  const found = experiments.find((e) => e.experimentId === page.items[0]?.info.experimentId);
  if (!found)
    throw new UserError("no trials yet", {
      where: store.uri,
      fix: "Run an experiment: disease exp run experiments/quickstart.yaml",
    });
  return found.name;
}

export interface ListRuns {
  readonly experiment?: string;
  readonly filter?: string;
  readonly orderBy?: string;
  /** "metrics.NAME", "params.NAME" or "tags.NAME". */
  readonly columns: readonly string[];
  readonly limit: number;
  readonly sweepsOnly?: boolean;
}

export interface RunList {
  readonly runs: readonly Record<string, Cell>[];
  /** Whether there are more than the limit. */
  readonly more: boolean;
}

export async function listRuns(store: TrackingStore, options: ListRuns): Promise<RunList> {
  const experiments = await store.listExperiments();
  const chosen =
    options.experiment === undefined ? experiments : experiments.filter((e) => e.name === options.experiment);
  if (chosen.length === 0) {
    throw new UserError(`no experiment "${options.experiment}"`, {
      where: store.uri,
      fix: suggestion(
        options.experiment ?? "",
        experiments.map((e) => e.name),
      ),
    });
  }
  const keys = { metrics: [] as string[], params: [] as string[], tags: [Tag.kind, Tag.pruned] as string[] };
  for (const column of options.columns) {
    const match = /^(metrics|params|tags)\.(.+)$/.exec(column);
    if (!match)
      throw new UserError(`cannot read the column "${column}"`, {
        where: "--columns",
        fix: "Write metrics.NAME, params.NAME or tags.NAME.",
      });
    keys[match[1] as keyof typeof keys].push(match[2]!.replace(/^[`"](.*)[`"]$/, "$1"));
  }
  const page = await store.searchRuns({
    experimentIds: chosen.map((e) => e.experimentId),
    filter: [options.sweepsOnly ? `tags.\`${Tag.kind}\` = 'sweep'` : "", options.filter ?? ""]
      .filter(Boolean)
      .join(" and "),
    orderBy: [options.orderBy ?? "attributes.start_time DESC"],
    maxResults: options.limit,
    columns: keys,
  });
  const rows = page.items.map((run) => ({
    run: run.info.runId,
    name: run.info.runName,
    kind: run.tags[Tag.kind] ?? "",
    status: statusOf(run),
    start: run.info.startTime,
    seconds: run.info.endTime === null ? null : (run.info.endTime - run.info.startTime) / 1000,
    ...Object.fromEntries(options.columns.map((column) => [column, cellOf(run, column)])),
  }));
  return { runs: rows, more: page.nextPageToken !== undefined };
}

/** MLflow's status in lower case; "pruned" for what was stopped early, which MLflow has no word for. */
function statusOf({ info, tags }: Run): string {
  return info.status === "KILLED" && tags[Tag.pruned] !== undefined ? "pruned" : info.status.toLowerCase();
}

function cellOf(run: Run, column: string): Cell {
  const at = column.indexOf(".");
  const part = column.slice(0, at) as "metrics" | "params" | "tags";
  return run[part][column.slice(at + 1).replace(/^[`"](.*)[`"]$/, "$1")] ?? null;
}

/**
 * The run whose id begins with the digits; on a server also the mirror of the run that has that id here.
 * @throws UserError when no run, or more than one, begins with the digits
 */
export async function findRun(store: TrackingStore, prefix: string): Promise<Run> {
  if (!/^[0-9a-f]{4,32}$/i.test(prefix)) {
    throw new UserError(`"${prefix}" is not a run id`, {
      fix: "Give at least 4 digits of it; `disease exp ls EXPERIMENT` lists them.",
    });
  }
  const experiments = await store.listExperiments("all");
  const search = async (key: string): Promise<readonly Run[]> => {
    const page = await store.searchRuns({
      experimentIds: experiments.map((e) => e.experimentId),
      filter: `${key} LIKE '${prefix.toLowerCase()}%'`,
      view: "all",
      maxResults: 2,
      columns: { metrics: [], params: [], tags: [] },
    });
    return page.items;
  };
  const own = await search("attributes.run_id");
  const found = own.length > 0 ? own : await search(`tags.\`${Tag.mirrorOf}\``);
  if (found.length === 1) return store.getRun(found[0]!.info.runId);
  throw found.length === 0
    ? new UserError(`no run begins with "${prefix}"`, {
        where: store.uri,
        fix: "`disease exp ls EXPERIMENT` lists them.",
      })
    : new UserError(`several runs begin with "${prefix}"`, { where: store.uri, fix: "Give more digits." });
}

export interface RunDetail {
  readonly runId: string;
  readonly name: string;
  readonly experiment: string;
  readonly status: string;
  readonly startTime: number;
  readonly seconds: number | null;
  readonly error: string | null;
  /** Why it was stopped early; null for what was not. */
  readonly pruned: string | null;
  readonly params: Readonly<Record<string, string>>;
  readonly metrics: readonly {
    readonly key: string;
    readonly value: number;
    readonly low: number | null;
    readonly high: number | null;
  }[];
  readonly facts: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
  readonly inputs: Run["inputs"];
  readonly artifactUri: string;
  readonly artifacts: readonly ArtifactInfo[];
}

const DETAIL_FACTS: Readonly<Record<string, string>> = {
  ...FACTS,
  "mlflow.source.git.commit": "git commit",
  [Tag.trialKey]: "trial key",
  [Tag.parent]: "sweep",
};

export async function runDetail(store: TrackingStore, id: string): Promise<RunDetail> {
  const run = await findRun(store, id);
  const { info, tags } = run;
  const experiment = (await store.listExperiments("all")).find((e) => e.experimentId === info.experimentId);
  return {
    runId: info.runId,
    name: info.runName,
    experiment: experiment?.name ?? info.experimentId,
    status: statusOf(run),
    startTime: info.startTime,
    seconds: info.endTime === null ? null : (info.endTime - info.startTime) / 1000,
    error: tags[Tag.error] ?? null,
    pruned: tags[Tag.pruned] ?? null,
    params: run.params,
    metrics: metricsOfRun(run),
    facts: Object.fromEntries(
      Object.entries(DETAIL_FACTS).flatMap(([tag, label]) => (tags[tag] ? [[label, tags[tag]]] : [])),
    ),
    tags,
    inputs: run.inputs,
    artifactUri: info.artifactUri,
    artifacts: await allArtifacts(store, info.runId),
  };
}

/** Metrics by key, each with its interval. */
export function metricsOfRun({ metrics }: Pick<Run, "metrics">): RunDetail["metrics"] {
  return Object.keys(metrics)
    .filter((key) => !/_(low|high)$/.test(key))
    .sort()
    .map((key) => ({
      key,
      value: metrics[key]!,
      low: metrics[`${key}_low`] ?? null,
      high: metrics[`${key}_high`] ?? null,
    }));
}

async function allArtifacts(store: TrackingStore, runId: string, path?: string): Promise<ArtifactInfo[]> {
  const entries = await store.listArtifacts(runId, path);
  const lists = await Promise.all(entries.map((e) => (e.isDirectory ? allArtifacts(store, runId, e.path) : [e])));
  return lists.flat();
}

export interface RunDiff {
  readonly a: string;
  readonly b: string;
  /** Same data and same split: only then can their metrics be compared. */
  readonly samePatients: boolean;
  readonly rows: readonly {
    readonly part: string;
    readonly key: string;
    readonly a: Cell;
    readonly b: Cell;
    readonly delta: number | null;
  }[];
}

/** @param all also what is equal */
export async function runDiff(store: TrackingStore, idA: string, idB: string, all: boolean): Promise<RunDiff> {
  const [a, b] = await Promise.all([runDetail(store, idA), runDetail(store, idB)]);
  const metricsOf = (run: RunDetail): Record<string, number> =>
    Object.fromEntries(
      run.metrics.filter((m) => m.key.startsWith(VALIDATION) || m.key === "fit_seconds").map((m) => [m.key, m.value]),
    );
  const rows = [
    ...sideBySide("param", a.params, b.params),
    ...sideBySide("fact", a.facts, b.facts).filter((r) => r.key !== "trial key"),
    ...sideBySide("metric", metricsOf(a), metricsOf(b)),
  ];
  return {
    a: a.runId,
    b: b.runId,
    samePatients: a.facts.data === b.facts.data && a.facts.split === b.facts.split,
    rows: all ? rows : rows.filter((r) => !Object.is(r.a, r.b)),
  };
}

function sideBySide(
  part: string,
  a: Readonly<Record<string, Cell>>,
  b: Readonly<Record<string, Cell>>,
): RunDiff["rows"] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].map((key) => {
    const [x, y] = [a[key] ?? null, b[key] ?? null];
    return { part, key, a: x, b: y, delta: typeof x === "number" && typeof y === "number" ? y - x : null };
  });
}
