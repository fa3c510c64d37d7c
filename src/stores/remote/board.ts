import { isNotFound, MlflowError, type Run } from "mlflow-js-client";
import type { BoardChange, BoardFeed, FeedStatus, WritableRunTable } from "../../core/board/board.ts";
import {
  breath,
  createTurns,
  keepOnly,
  LEFT_OUT,
  LONGEST_TEXT,
  mark,
  purge,
  thinned,
  writeRun,
} from "../../core/board/feed.ts";
import { type Clock, systemClock } from "../../core/clock.ts";
import { messageOf, UserError } from "../../core/errors.ts";
import { openClient, type RemoteOptions } from "./client.ts";
import { withoutOurs } from "./convert.ts";
import { guarded } from "./faults.ts";

export interface RemoteBoardOptions extends RemoteOptions {
  /** Names; all experiments when absent. */
  readonly experiments?: readonly string[];
  readonly clock?: Clock;
}

/** Runs of one request: what comes is read at once, so that keys wait no longer than for these. */
const PAGE = 200;
/** Milliseconds without progress after which a request is given up. */
const TIMEOUT = 10_000;
/** Milliseconds between looks for what changed, for the next page of all runs, and for new experiments. */
const POLL_EVERY = 1000;
const PAGE_EVERY = 5000;
const EXPERIMENTS_EVERY = 15_000;
/** Milliseconds to the next attempt at a server that is away: twice as long each time, up to the last. */
const AWAY = [1000, 15_000] as const;
/** Milliseconds by which clocks of machines that begin runs may differ without a run coming late. */
const SLACK = 5000;
/** Ids of one filter. */
const IDS = 100;
/** What the server gives at most of a curve. */
const CURVE_POINTS = 2500;

/**
 * The runs of an MLflow server for the board, over its REST API. After a first pass over all runs, newest first, each refresh
 * asks for runs that began since and for those that go on, and every few seconds for another page of all runs, in turn: so
 * runs that others change, delete, or send with an old date are found too. A server that goes away is told by the status and
 * tried again; what was read stays.
 */
export function openRemoteBoard(options: RemoteBoardOptions): BoardFeed {
  const { experiments: names, clock = systemClock, ...rest } = options;
  const { client, shown } = openClient({ timeout: TIMEOUT, retry: { attempts: 1 }, ...rest });
  const turns = createTurns();
  let status: FeedStatus = { state: "loading" };
  let closed = false;
  /** All runs were read once. */
  let whole = false;
  let experiments = new Map<string, string>();
  const running = new Set<string>();
  let newest = 0;
  /** Which page of all runs is next, and which runs this round has seen. */
  let round: { token?: string; known: number; readonly seen: Set<string> } = { known: 0, seen: new Set() };
  const due = { poll: 0, page: 0, experiments: 0 };
  let pause = 0;

  async function readExperiments(): Promise<void> {
    if (clock.now() < due.experiments) return;
    const found = new Map<string, string>();
    for await (const { experimentId, name } of client.experiments.search({ view: "ALL", maxResults: 1000 })) {
      if (names === undefined || names.includes(name)) found.set(experimentId, name);
    }
    if (found.size > experiments.size) round = { known: round.known, seen: new Set() }; // their runs may be old
    experiments = found;
    due.experiments = clock.now() + EXPERIMENTS_EVERY;
  }

  async function page(
    search: { readonly filter?: string; readonly pageToken?: string },
    signal?: AbortSignal,
  ): Promise<{ readonly items: readonly Run[]; readonly nextPageToken?: string }> {
    if (experiments.size === 0) return { items: [] };
    const orderBy = ["attributes.start_time DESC"];
    return client.runs.searchPage(
      { experimentIds: [...experiments.keys()], view: "ALL", orderBy, maxResults: PAGE, ...search },
      { signal },
    );
  }

  function write(table: WritableRunTable, runs: readonly Run[]): void {
    for (const { info, metrics, params, tags } of runs) {
      const { runId, startTime, endTime = null } = info;
      const row = writeRun(table, {
        runId,
        name: info.runName,
        experiment: experiments.get(info.experimentId) ?? info.experimentId,
        user: info.userId,
        status: info.status,
        startTime,
        endTime,
        lifecycle: info.lifecycleStage,
      });
      const ids = new Set<string>();
      const text = (head: string, key: string, value: string): void => {
        ids.add(head + key);
        table.setText(head + key, row, value.slice(0, LONGEST_TEXT));
      };
      for (const { key, value } of metrics) {
        ids.add(`metrics.${key}`);
        table.setNumber(`metrics.${key}`, row, value);
      }
      for (const [key, value] of Object.entries(params)) text("params.", key, value);
      for (const [key, value] of Object.entries(withoutOurs(tags))) {
        if (!LEFT_OUT.includes(key)) text("tags.", key, value);
      }
      keepOnly(table, row, ids);
      newest = Math.max(newest, startTime);
      if (info.status === "RUNNING" && info.lifecycleStage === "active") running.add(runId);
      else running.delete(runId);
    }
    table.commit();
  }

  async function readAll(
    table: WritableRunTable,
    signal?: AbortSignal,
    onProgress?: (loaded: number, total: number | null) => void,
  ): Promise<void> {
    await readExperiments();
    let pageToken: string | undefined;
    let loaded = 0;
    do {
      const found = await page({ pageToken }, signal);
      write(table, found.items);
      loaded += found.items.length;
      pageToken = found.nextPageToken;
      onProgress?.(loaded, pageToken === undefined ? loaded : null);
      await breath();
    } while (pageToken !== undefined && !closed && !signal?.aborted);
    whole = !signal?.aborted;
  }

  /** Runs that a filter finds, all pages. */
  async function readSome(table: WritableRunTable, filter: string): Promise<ReadonlySet<string>> {
    const found = new Set<string>();
    let pageToken: string | undefined;
    do {
      const { items, nextPageToken } = await page({ filter, pageToken });
      write(table, items);
      for (const { info } of items) found.add(info.runId);
      pageToken = nextPageToken;
      await breath();
    } while (pageToken !== undefined && !closed);
    return found;
  }

  async function readIds(table: WritableRunTable, runIds: readonly string[]): Promise<void> {
    for (let from = 0; from < runIds.length; from += IDS) {
      const part = runIds.slice(from, from + IDS);
      const found = await readSome(table, `attributes.run_id IN (${part.map((id) => `'${id}'`).join(", ")})`);
      for (const runId of part) {
        const row = table.rowOf(runId);
        if (row === undefined || found.has(runId)) continue;
        purge(table, row);
        running.delete(runId);
      }
    }
  }

  /** The next page of all runs; at the end of a round, runs that it has not met are no longer there. */
  async function readNext(table: WritableRunTable): Promise<void> {
    if (round.token === undefined) round = { known: table.rows, seen: new Set() };
    const { items, nextPageToken } = await page({ pageToken: round.token });
    write(table, items);
    for (const { info } of items) round.seen.add(info.runId);
    round.token = nextPageToken;
    if (nextPageToken !== undefined) return;
    const missed = Array.from({ length: round.known }, (_, row) => table.runId(row)).filter(
      (id) => !round.seen.has(id),
    );
    await readIds(table, missed.slice(0, IDS)); // they may have slipped from one page to another
  }

  async function update(table: WritableRunTable, runs: readonly string[]): Promise<void> {
    await readIds(table, runs);
    if (clock.now() >= due.poll) {
      await readExperiments();
      const before = [...running];
      const [going] = await Promise.all([
        readSome(table, "attributes.status = 'RUNNING'"),
        readSome(table, `attributes.start_time >= ${Math.max(0, newest - SLACK)}`),
      ]);
      await readIds(
        table,
        before.filter((runId) => !going.has(runId)),
      ); // they have ended
      due.poll = clock.now() + POLL_EVERY;
    }
    if (clock.now() >= due.page) {
      await readNext(table);
      due.page = clock.now() + PAGE_EVERY;
    }
  }

  /** Does something, and turns a failure into a status. */
  async function attempt(table: WritableRunTable, action: () => Promise<void>): Promise<BoardChange> {
    const changes = mark(table);
    try {
      await guarded(shown, action);
      status = whole ? { state: "live" } : status;
      pause = 0;
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      if (closed || (error.cause instanceof MlflowError && error.cause.kind === "aborted")) return changes();
      const since = status.state === "unreachable" ? status.since : clock.now();
      status = { state: "unreachable", since, message: messageOf(error) };
      pause = Math.min(AWAY[1], Math.max(AWAY[0], pause * 2));
      due.poll = clock.now() + pause;
    }
    table.commit();
    return changes();
  }

  return {
    source: shown,
    get status() {
      return status;
    },

    async load(table, signal, onProgress) {
      await turns.take(() => attempt(table, () => readAll(table, signal, onProgress)));
    },

    async refresh(table, runs = []) {
      const idle = runs.length === 0 && clock.now() < Math.min(due.poll, pause > 0 ? due.poll : due.page);
      if (closed || idle) return { added: 0, changed: 0 };
      const read = (): Promise<BoardChange> => attempt(table, () => (whole ? update(table, runs) : readAll(table)));
      return runs.length > 0 ? turns.take(read) : turns.share(read);
    },

    curve: (runId, metric, points = 2000) =>
      guarded(shown, async () => {
        const found = [...(await history(runId, metric, points))];
        found.sort((a, b) => a.step - b.step || a.timestamp - b.timestamp);
        const curve = {
          steps: Float64Array.from(found, ({ step }) => step),
          values: Float64Array.from(found, ({ value }) => value),
          times: Float64Array.from(found, ({ timestamp }) => timestamp),
        };
        return thinned(curve, points);
      }),

    close() {
      closed = true;
      client.close();
    },
  };

  /** Points that the server has picked; all of a page from one that cannot. */
  async function history(
    runId: string,
    metricKey: string,
    points: number,
  ): Promise<readonly { readonly step: number; readonly value: number; readonly timestamp: number }[]> {
    try {
      return await client.metrics.bulkHistory({
        runIds: [runId],
        metricKey,
        maxResults: Math.min(CURVE_POINTS, points),
      });
    } catch (error) {
      if (!(error instanceof MlflowError) || !(isNotFound(error) || error.status === 404)) throw error;
      return (await client.metrics.historyPage(runId, metricKey, { maxResults: 25_000 })).items;
    }
  }
}
