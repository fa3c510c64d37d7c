import type { MetricPoint } from "../../core/store.ts";
import type { Desk } from "./desk.ts";
import { MOST_METRICS, missingPoints } from "./difference.ts";
import { concernsAll } from "./gate.ts";
import type { LocalRun } from "./local.ts";

/** How often a batch that is refused is halved: a proxy may take less than MLflow does. */
const HALVES = 3;

/**
 * Sends the points of a run's metrics that were written since the last time, in their order.
 * @param metrics the latest values that the far side has, where it is not certain which points that stands for
 */
export async function sendPoints(
  desk: Desk,
  run: LocalRun,
  remoteId: string,
  metrics: Readonly<Record<string, number>>,
): Promise<void> {
  const { local, remote } = desk;
  const { call } = desk.gate;
  const { runId } = run.run.info;
  const link = desk.link(runId);

  async function sendFrom(known: Readonly<Record<string, number>>): Promise<void> {
    const histories = new Map<string, readonly MetricPoint[]>();
    // the one point of a metric that is there is not asked for
    const single = Object.keys(known).length > 0 ? local.singleMetrics(runId) : new Set();
    for (;;) {
      const { points, row } = local.pointsAfter(runId, link.lastRow, MOST_METRICS);
      if (points.length === 0) return;
      const rest = points.filter(({ key, value }) => !(single.has(key) && Object.is(known[key], value)));
      for (const { key } of rest) {
        if (!Object.hasOwn(known, key) || histories.has(key)) continue;
        histories.set(key, await call(() => remote.metricHistory(remoteId, key)));
      }
      await write(missingPoints(rest, [...histories.values()].flat()));
      link.points += points.length;
      link.lastRow = row;
      desk.save(runId, link);
    }
  }

  async function write(points: readonly MetricPoint[], halves = HALVES): Promise<void> {
    if (points.length === 0) return;
    try {
      await call(() => remote.write(remoteId, { metrics: points }));
    } catch (error) {
      if (concernsAll(error) || points.length === 1 || halves === 0) throw error;
      const middle = points.length >> 1;
      await write(points.slice(0, middle), halves - 1);
      await write(points.slice(middle), halves - 1);
    }
  }

  const isRenumbered = run.points < link.points || run.lastRow < link.lastRow;
  if (!isRenumbered) await sendFrom(metrics);
  if (!isRenumbered && link.points >= run.points) return;
  // SQLite gives rows other numbers when a database is vacuumed or rebuilt: compare everything.
  Object.assign(link, { points: 0, lastRow: 0 });
  const there = await call(() => remote.getRun(remoteId));
  await sendFrom(there.metrics);
}
