/** Starts a job that never ends and is deaf to everything, prints its process id, and waits to be killed. */
import { join } from "node:path";
import { createLocalExecutor } from "../../src/executors/local.ts";

const executor = createLocalExecutor({
  module: join(import.meta.dirname, `${process.argv[2]}.ts`),
  jobs: 1,
  threads: 1,
});
const { signal } = new AbortController();
console.log(await executor.run({ kind: "pid", payload: null }, { signal }));
await executor.run({ kind: "spin", payload: null }, { signal, onEvent: () => console.log("spinning") });
