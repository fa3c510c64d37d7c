/** A worker thread with a proxy before a server that takes so many milliseconds more for each request. */
import { parentPort, workerData } from "node:worker_threads";
import { startFaultyProxy } from "../../test/support/faulty-proxy.ts";

const { target, delay } = workerData as { target: string; delay: number };
const proxy = await startFaultyProxy(target, () => ({ delay }));
parentPort!.postMessage(proxy.url);
