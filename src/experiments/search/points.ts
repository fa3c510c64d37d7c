import type { SpacePoint } from "../../core/search.ts";
import type { TrackingStore } from "../../core/store.ts";

/** Artifact of a sweep's run: the points that its search has suggested, in order. */
const FILE = "search.json";

/** Writes down new points, one write after the other: before the first trial of one begins, so that after a kill -9 none is lost. */
export function pointSaver(
  store: TrackingStore,
  sweepId: string,
  points: () => readonly SpacePoint[],
): () => Promise<void> {
  let saved = 0;
  let last: Promise<void> = Promise.resolve();
  return () => {
    last = last.then(async () => {
      const now = points();
      if (now.length === saved) return;
      await store.writeArtifact(sweepId, FILE, new TextEncoder().encode(`${JSON.stringify(now)}\n`));
      saved = now.length;
    });
    return last;
  };
}

/** Points of a sweep that is resumed; none where it was no search. */
export async function readPoints(store: TrackingStore, sweepId: string): Promise<readonly SpacePoint[]> {
  const files = await store.listArtifacts(sweepId);
  if (!files.some((file) => file.path === FILE)) return [];
  return JSON.parse(new TextDecoder().decode(await store.readArtifact(sweepId, FILE))) as SpacePoint[];
}
