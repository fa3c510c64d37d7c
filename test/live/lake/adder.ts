/**
 * Takes files in, and ends itself by SIGKILL before or after its n-th change of the lake, so that a test sees what a killed process
 * leaves at every point: node adder.ts ROOT WHEN N FILE…; WHEN is before, after or never.
 */
import type { LakeStorage } from "../../../src/core/lake.ts";
import { createLake } from "../../../src/lake/lake.ts";
import { openFolder } from "../../../src/lake/store/folder.ts";

const [root, when, n, ...files] = process.argv.slice(2);
const folder = openFolder(root!);
let changes = 0;

async function change<T>(action: () => Promise<T>): Promise<T> {
  const own = ++changes;
  if (when === "before" && own === Number(n)) process.kill(process.pid, "SIGKILL");
  const result = await action();
  if (when === "after" && own === Number(n)) process.kill(process.pid, "SIGKILL");
  return result;
}

const storage: LakeStorage = {
  ...folder,
  put: (...args) => change(() => folder.put(...args)),
  putNew: (...args) => change(() => folder.putNew(...args)),
  remove: (...args) => change(() => folder.remove(...args)),
};
const lake = createLake({
  storage,
  duck: { threads: 1, memory: "500MB" },
  who: "adder",
  now: Date.now,
  notify: () => {},
});
await lake.addSource(files);
console.log(changes);
