import { type Desk, parentOf } from "./desk.ts";
import { type Body, batchesOf, bodyOf, identityOf, RUN_ID, wantedBody } from "./difference.ts";
import { concernsAll } from "./gate.ts";
import type { LocalRun } from "./local.ts";

/** Sweeps have one level; a ring in a hostile store has no end. */
const DEEPEST = 20;

export interface There {
  readonly remoteId: string;
  readonly body: Body;
  /** The latest values of its metrics, where they had to be looked up; none for a run of which we know what it has. */
  readonly metrics: Readonly<Record<string, number>>;
}

/** Finds runs on the far side by the tag that names them, or makes them: each once, parents first. */
export interface Places {
  look(run: LocalRun): Promise<There>;
}

export function createPlaces(desk: Desk): Places {
  const { local, remote, bodies, unsure, touched } = desk;
  const { call } = desk.gate;
  const placing = new Map<string, Promise<string>>();
  const experiments = new Map<string, Promise<string>>();

  function experimentOf(name: string): Promise<string> {
    const known = experiments.get(name);
    if (known) return known;
    const found = call(() => remote.ensureExperiment(name)).then((e) => e.experimentId);
    experiments.set(name, found);
    found.catch(() => experiments.delete(name));
    return found;
  }

  function place(run: LocalRun, depth = 0): Promise<string> {
    const { runId } = run.run.info;
    const { remoteId } = desk.link(runId);
    if (remoteId !== undefined) return Promise.resolve(remoteId);
    const known = placing.get(runId);
    if (known) return known;
    const placed = findOrMake(run, depth).finally(() => placing.delete(runId));
    placing.set(runId, placed);
    return placed;
  }

  async function findOrMake(run: LocalRun, depth: number): Promise<string> {
    const { info } = run.run;
    await placeParent(run, depth);
    const experimentId = await experimentOf(run.experiment);
    touched.set(experimentId, Math.min(info.startTime, touched.get(experimentId) ?? info.startTime));
    const mayBeThere = unsure.has(info.runId) || desk.mayBeThere(info);
    const found = mayBeThere ? await search(experimentId, run) : undefined;
    const link = desk.link(info.runId);
    link.remoteId = found ?? (await make(experimentId, run));
    unsure.delete(info.runId);
    desk.save(info.runId, link);
    return link.remoteId;
  }

  async function placeParent(run: LocalRun, depth: number): Promise<void> {
    if (run.parent === undefined || depth > DEEPEST) return;
    const [parent] = local.read([run.parent]);
    if (parent?.run.info.lifecycleStage === "active") await place(parent, depth + 1);
  }

  /** Not every server that speaks MLflow's protocol filters (GitLab's does not): each answer is looked at. */
  async function search(experimentId: string, { run }: LocalRun): Promise<string | undefined> {
    const identity = identityOf(run);
    let deleted: string | undefined;
    let pageToken: string | undefined;
    do {
      const page = await call(() =>
        remote.searchRuns({
          experimentIds: [experimentId],
          filter: `tags.\`${RUN_ID}\` = '${identity.replaceAll("'", "")}'`,
          orderBy: ["attributes.start_time ASC"],
          view: "all",
          columns: { metrics: [], params: [], tags: [RUN_ID] },
          pageToken,
        }),
      );
      const found = page.items.filter((there) => identityOf(there) === identity).map(({ info }) => info);
      const active = found.find(({ lifecycleStage }) => lifecycleStage === "active");
      if (active) return active.runId;
      deleted ??= found[0]?.runId;
      pageToken = page.nextPageToken;
    } while (pageToken);
    return deleted;
  }

  async function make(experimentId: string, run: LocalRun): Promise<string> {
    const { runId, runName, startTime, userId } = run.run.info;
    const { tags } = wantedBody(run.run, parentOf(desk, run));
    const first = { ...batchesOf({ params: {}, tags, inputs: [] })[0]?.tags, [RUN_ID]: tags[RUN_ID]! };
    desk.link(runId).tagKeys = Object.keys(first);
    unsure.add(runId); // until the answer is here
    const made = await call(() => remote.createRun({ experimentId, runName, startTime, userId, tags: first }));
    bodies.set(runId, {
      ...{ params: {}, tags: first, inputs: [] },
      ...{ status: made.status, endTime: made.endTime, lifecycle: "active" },
    });
    return made.runId;
  }

  function forget(runId: string): void {
    const link = desk.link(runId);
    Object.assign(link, { remoteId: undefined, digest: "", tagKeys: [], points: 0, lastRow: 0, deleted: "no" });
    link.settled = false;
    link.files.clear();
    desk.dropFiles(runId);
    bodies.delete(runId);
    unsure.add(runId);
  }

  return {
    async look(run) {
      const { runId } = run.run.info;
      for (let again = false; ; again = true) {
        const remoteId = await place(run);
        const body = bodies.get(runId);
        if (body) return { remoteId, body, metrics: {} };
        try {
          const there = await call(() => remote.getRun(remoteId));
          return { remoteId, body: bodyOf(there), metrics: there.metrics };
        } catch (error) {
          if (concernsAll(error) || again) throw error;
          forget(runId); // the server was set up anew
        }
      }
    },
  };
}
