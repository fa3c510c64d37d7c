/** A point of time of this process. */
export interface Moment {
  /** Milliseconds of the clock. */
  readonly wall: number;
  /** Milliseconds of CPU that the process has used, its native threads included. */
  readonly cpu: number;
}

export function moment(): Moment {
  const { user, system } = process.cpuUsage();
  return { wall: performance.now(), cpu: (user + system) / 1000 };
}

/** Seconds between two moments. */
export function between(from: Moment, to: Moment): { readonly wall: number; readonly cpu: number } {
  return { wall: (to.wall - from.wall) / 1000, cpu: (to.cpu - from.cpu) / 1000 };
}
