import type { Run } from "../../core/store.ts";
import type { Desk } from "./desk.ts";
import { type Body, bodyOf, difference, identityOf, RUN_ID } from "./difference.ts";

const PAGE = 200;

/**
 * Reads back what this process wrote to. Of a run that is there twice (its making arrived twice, or late) the one that is
 * not written to is deleted; a run that a late request changed is marked to be sent again. Others may be sent meanwhile.
 */
export async function reconcile(desk: Desk): Promise<void> {
  for (const [experimentId, since] of desk.touched) {
    let pageToken: string | undefined;
    do {
      const known = new Map(desk.bodies);
      const page = await desk.gate.call(() =>
        desk.remote.searchRuns({
          experimentIds: [experimentId],
          filter: `tags.\`${RUN_ID}\` LIKE '%' and attributes.start_time >= ${since}`,
          orderBy: ["attributes.start_time ASC"],
          columns: { metrics: [], params: "all", tags: "all" },
          maxResults: PAGE,
          pageToken,
        }),
      );
      for (const run of page.items) await check(desk, run, known.get(identityOf(run)));
      pageToken = page.nextPageToken;
    } while (pageToken);
  }
}

/** @param body what was there before the far side was asked, as far as we know */
async function check(desk: Desk, there: Run, body: Body | undefined): Promise<void> {
  const runId = identityOf(there);
  const link = desk.link(runId);
  if (link.remoteId !== undefined && link.remoteId !== there.info.runId) {
    await desk.gate.call(() => desk.remote.deleteRun(there.info.runId));
    return;
  }
  if (body === undefined || desk.bodies.get(runId) !== body) return; // is sent now, or will be
  const { params, tags, inputs } = difference(body, bodyOf(there), []);
  const isSame = [params, tags, inputs].every((part) => Object.keys(part).length === 0);
  if (isSame && there.info.status === body.status && there.info.lifecycleStage === body.lifecycle) return;
  desk.bodies.delete(runId);
  Object.assign(link, { digest: "", settled: false });
  desk.save(runId, link);
}
