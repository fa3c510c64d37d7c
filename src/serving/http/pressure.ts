/** How far the service is behind. */
export interface Pressure {
  /** Milliseconds that the event loop is late. */
  lag(): number;
  inFlight: number;
  stop(): void;
}

const EVERY = 100;

/** Looks every 100 ms how late its own timer is. */
export function createPressure(now: () => number = () => performance.now()): Pressure {
  let due = now() + EVERY;
  let last = 0;
  const timer = setInterval(() => {
    last = Math.max(0, now() - due);
    due = now() + EVERY;
  }, EVERY).unref();
  return {
    inFlight: 0,
    // What is late now counts as well: a request that waited for a long one is read before the timer runs.
    lag: () => Math.max(last, now() - due),
    stop: () => clearInterval(timer),
  };
}
