import { setFlagsFromString } from "node:v8";

/** V8's own growth. */
const USUAL = 2;

/** Lets the room for new objects grow no further, until `withSmallHeap` has done some work. */
export function keepHeapSmall(): void {
  setFlagsFromString("--semi-space-growth-factor=1");
}

/**
 * Does work that reads many files and keeps little of them. V8 lets the room for new objects grow meanwhile and does not give it
 * back: loading the knowledge base and 9,165 cases left 405 MB resident, with the room kept as it is 240, in 1.2 times the CPU.
 */
export async function withSmallHeap<T>(work: () => Promise<T>): Promise<T> {
  keepHeapSmall();
  try {
    return await work();
  } finally {
    setFlagsFromString(`--semi-space-growth-factor=${USUAL}`);
  }
}
