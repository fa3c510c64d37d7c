/** Token buckets, one a client. */
export interface RateLimit {
  /** Seconds to wait before the client may ask again; 0: it may now, and this counts. */
  take(client: string, now: number): number;
}

/** Clients that are remembered; the longest known ones go first. */
const MOST = 10_000;

/**
 * @param perSecond requests of one client over a long time
 * @param burst requests at once after a pause
 */
export function createRateLimit({
  perSecond,
  burst,
}: {
  readonly perSecond: number;
  readonly burst: number;
}): RateLimit {
  const buckets = new Map<string, { left: number; at: number }>();
  return {
    take(client, now) {
      const old = buckets.get(client);
      const left = old === undefined ? burst : Math.min(burst, old.left + ((now - old.at) / 1000) * perSecond);
      if (old === undefined && buckets.size >= MOST) buckets.delete(buckets.keys().next().value!);
      const may = left >= 1;
      buckets.set(client, { left: may ? left - 1 : left, at: now });
      return may ? 0 : Math.max(1, Math.ceil((1 - left) / perSecond));
    },
  };
}
