import type { Notice } from "../core/dataset.ts";
import { UserError } from "../core/errors.ts";
import { shellWord } from "../core/formats/shell.ts";
import type { ModelRegistry } from "../core/registry.ts";
import type { Run, TrackingStore } from "../core/store.ts";
import { Tag } from "../core/trial.ts";
import { findRun } from "../experiments/read/browse.ts";
import { stageOf } from "../registry/stages.ts";
import type { Project } from "./project.ts";
import { withRegistry } from "./workbench.ts";

/** What was done to one run. */
export interface RunChange {
  readonly runId: string;
  readonly name: string;
  /** False: it was so already. */
  readonly changed: boolean;
  /** Tags that were written or taken away, as they were and as they are now; null: no such tag. */
  readonly tags?: Readonly<Record<string, { readonly before: string | null; readonly after: string | null }>>;
}

/** What was done, with the commands that take it back. */
export interface RunAct {
  readonly act: "tag" | "note" | "delete" | "restore";
  readonly runs: readonly RunChange[];
  readonly undo: readonly string[];
}

type Notify = (notice: Pick<Notice, "message">) => void;

/** Characters of a value that every MLflow takes, and of a key. */
const VALUE = 5000;
const KEY = 250;

/**
 * Sets and removes tags of runs: those of the server, where the project has one, else of the embedded store. All runs are
 * looked up before any is changed.
 * @param runIds or their first digits
 * @param tags a null takes the tag away
 * @throws UserError for a run that is not there, and for tags that MLflow or this program lives by
 */
export async function tagRuns(
  project: Project,
  notify: Notify,
  runIds: readonly string[],
  tags: Readonly<Record<string, string | null>>,
): Promise<RunAct> {
  for (const [key, value] of Object.entries(tags)) checkTag(key, value);
  const runs = await writeTags(project, notify, runIds, tags);
  return { act: "tag", runs, undo: undoTags(runs, Object.keys(tags)) };
}

/** Writes a note to runs (MLflow shows it as their description), or takes it away where the text is empty. */
export async function noteRuns(
  project: Project,
  notify: Notify,
  runIds: readonly string[],
  text: string,
): Promise<RunAct> {
  checkLength(text, "the note");
  const runs = await writeTags(project, notify, runIds, { [Tag.note]: text === "" ? null : text });
  const before = Map.groupBy(
    runs.filter(({ changed }) => changed),
    (run) => run.tags![Tag.note]!.before ?? "",
  );
  const undo = [...before].map(([note, some]) => command("note", some, "--text", note));
  return { act: "note", runs, undo };
}

/**
 * Deletes runs as MLflow does: they are hidden, and can be restored until `mlflow gc` removes them.
 * @param force also running ones, and those of the models in Staging and Production
 * @throws UserError for these without force; nothing is deleted then
 */
export async function deleteRuns(
  project: Project,
  notify: Notify,
  runIds: readonly string[],
  force: boolean,
): Promise<RunAct> {
  const runs = await eachRun(
    project,
    notify,
    runIds,
    async (store, run) => {
      if (run.info.lifecycleStage === "deleted") return changeOf(run, false);
      await store.deleteRun(run.info.runId);
      return changeOf(run, true);
    },
    force ? undefined : refuseUsed,
  );
  return { act: "delete", runs, undo: undoOf("restore", runs) };
}

/** Takes runs out of deletion. */
export async function restoreRuns(project: Project, notify: Notify, runIds: readonly string[]): Promise<RunAct> {
  const runs = await eachRun(project, notify, runIds, async (store, run) => {
    if (run.info.lifecycleStage === "active") return changeOf(run, false);
    await store.restoreRun(run.info.runId);
    return changeOf(run, true);
  });
  return { act: "restore", runs, undo: undoOf("delete", runs, "--yes") };
}

/** What of a run's tags people may write: not what MLflow or this program reads back. */
function checkTag(key: string, value: string | null): void {
  const where = `tag ${key}`;
  if (/^(disease|mlflow)\./.test(key)) {
    throw new UserError("this tag is kept by the program", {
      where,
      fix:
        key === Tag.note ? "Write it with: disease runs note RUN --text TEXT" : "Choose a name without that beginning.",
    });
  }
  if (!/^[\w/.\- :]+$/.test(key) || key.length > KEY || /^[./]|\/\/|\/$|(^|\/)\.\.?(\/|$)/.test(key)) {
    throw new UserError("MLflow takes no such name", {
      where,
      fix: `Letters, digits and _ - . : / and spaces, at most ${KEY} of them.`,
    });
  }
  if (value !== null) checkLength(value, where);
}

function checkLength(value: string, where: string): void {
  if (value.length > VALUE) {
    throw new UserError(`${value.length} characters are more than the store takes`, {
      where,
      fix: `At most ${VALUE}.`,
    });
  }
}

function writeTags(
  project: Project,
  notify: Notify,
  runIds: readonly string[],
  tags: Readonly<Record<string, string | null>>,
): Promise<readonly RunChange[]> {
  return eachRun(project, notify, runIds, async (store, run) => {
    const { runId } = run.info;
    const moves = Object.entries(tags).map(([key, after]) => [key, { before: run.tags[key] ?? null, after }] as const);
    const changes = moves.filter(([, { before, after }]) => before !== after);
    const set = changes.flatMap(([key, { after }]) => (after === null ? [] : [[key, after] as const]));
    if (set.length > 0) await store.write(runId, { tags: Object.fromEntries(set) });
    for (const [key, { after }] of changes) if (after === null) await store.deleteTag(runId, key);
    return { ...changeOf(run, changes.length > 0), tags: Object.fromEntries(changes) };
  });
}

/** Finds all runs, then does something with each of them. */
async function eachRun(
  project: Project,
  notify: Notify,
  runIds: readonly string[],
  action: (store: TrackingStore, run: Run) => Promise<RunChange>,
  check?: (runs: readonly Run[], registry: ModelRegistry) => Promise<void>,
): Promise<readonly RunChange[]> {
  return withRegistry(project, notify, {}, async ({ store, registry }) => {
    const found = new Map<string, Run>();
    for (const id of runIds) {
      const run = await findRun(store, id);
      found.set(run.info.runId, run);
    }
    const runs = [...found.values()];
    await check?.(runs, registry);
    const done: RunChange[] = [];
    for (const run of runs) {
      try {
        done.push(await action(store, run));
      } catch (error) {
        if (done.length > 0) notify({ message: `${done.length} of ${runs.length} runs were done before this` });
        throw error;
      }
    }
    return done;
  });
}

/** @throws UserError where a run is running, or its model is in use */
async function refuseUsed(runs: readonly Run[], registry: ModelRegistry): Promise<void> {
  for (const { info } of runs) {
    if (info.status !== "RUNNING" || info.lifecycleStage === "deleted") continue;
    throw new UserError("the run is running", {
      where: `run ${info.runId}`,
      fix: [`Stop it first: disease exp stop ${info.runId.slice(0, 8)}`, "Add --force where its process is gone."],
    });
  }
  const ids = new Set(runs.map(({ info }) => info.runId));
  for (const model of await registry.listModels()) {
    if (Object.keys(model.aliases).length === 0) continue;
    for (const version of await registry.listVersions(model.name)) {
      const stage = stageOf(model, version);
      if (version.runId === null || !ids.has(version.runId) || (stage !== "Production" && stage !== "Staging"))
        continue;
      throw new UserError(`the run's model is in ${stage}`, {
        where: `run ${version.runId}, version ${version.version} of ${model.name}`,
        fix: [
          `Take it out first: disease models demote ${shellWord(`${model.name}/${version.version}`)}`,
          "Or add --force: its files stay until mlflow gc.",
        ],
      });
    }
  }
}

function changeOf({ info }: Run, changed: boolean): RunChange {
  return { runId: info.runId, name: info.runName, changed };
}

const idsOf = (runs: readonly RunChange[]): readonly string[] => runs.map(({ runId }) => runId.slice(0, 8));

function command(act: string, runs: readonly RunChange[], ...words: readonly string[]): string {
  return ["disease", "runs", act, ...idsOf(runs), ...words].map(shellWord).join(" ");
}

function undoOf(act: string, runs: readonly RunChange[], ...words: readonly string[]): readonly string[] {
  const changed = runs.filter((run) => run.changed);
  return changed.length === 0 ? [] : [command(act, changed, ...words)];
}

/** Runs that had the same before share a command. */
function undoTags(runs: readonly RunChange[], keys: readonly string[]): readonly string[] {
  const words = ({ tags = {} }: RunChange): readonly string[] =>
    keys.flatMap((key) => {
      const change = tags[key];
      if (change === undefined) return [];
      return change.before === null ? ["--unset", key] : ["--set", `${key}=${change.before}`];
    });
  const groups = Map.groupBy(
    runs.filter(({ changed }) => changed),
    (run) => JSON.stringify(words(run)),
  );
  return [...groups.values()].map((some) => command("tag", some, ...words(some[0]!)));
}
