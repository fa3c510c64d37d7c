const PR_SET_PDEATHSIG = 1;
const SIGKILL = 9;

/**
 * Asks Linux to kill this process when the one that started it dies, however deep it is in native code by then: as sure as a thread
 * that looks for the parent, and nearly free, where a thread takes 70 ms of CPU. False where that cannot be had.
 */
export async function dieWithParent(): Promise<boolean> {
  if (process.platform !== "linux") return false;
  try {
    const { default: koffi } = await import("koffi");
    const prctl = koffi.load(null).func("int prctl(int option, ulong a, ulong b, ulong c, ulong d)");
    return prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) === 0;
  } catch {
    return false; // koffi has no binary for this platform
  }
}
