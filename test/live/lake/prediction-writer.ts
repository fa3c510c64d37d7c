/**
 * A process that logs predictions, for predictions.test.ts: prediction-writer.ts FOLDER NAME COUNT [MEND]. Ids are NAME-0, NAME-1, …
 * It prints how many are written, a line each time that there are more. With MEND it goes on until the disk is full, mends that by
 * this command of a shell, and prints the problem before and after.
 */
import { spawnSync } from "node:child_process";
import { setImmediate, setTimeout } from "node:timers/promises";
import { openPredictionLog } from "../../../src/lake/predictions/log.ts";

const [folder, name, count, mend] = process.argv.slice(2) as [string, string, string, string?];
const log = openPredictionLog({
  folder,
  flushAfter: 1,
  retryAfter: 20,
  maxRecords: mend === undefined ? 50_000 : 500,
});
const features = Object.fromEntries(Array.from({ length: 30 }, (_, j) => [`feature_${j}`, j / 7]));

function append(i: number): void {
  log.append({
    ...{ id: `${name}-${i}`, time: Date.now(), request: `r${i}`, role: "answer", patient: null, abstained: false },
    model: { name: "skin", version: "1", hash: "ab" },
    ...{ features, probabilities: { yes: 0.25, no: 0.75 } },
  });
}

const AHEAD = 400;

let told = 0;
for (let i = 0; i < Number(count) && log.dropped === 0; i++) {
  append(i);
  // not faster than the disk, unless that fails
  while (log.problem === null && i - log.written > AHEAD) await setImmediate();
  if (log.written > told) {
    told = log.written;
    console.log(told);
  }
}
if (mend !== undefined) {
  const { problem, written } = log;
  const { status } = spawnSync("sh", ["-c", mend], { stdio: ["ignore", "inherit", "inherit"] });
  for (let waited = 0; log.problem !== null && waited < 10_000; waited += 10) await setTimeout(10);
  console.log(JSON.stringify({ problem, written, mended: status === 0, after: log.problem }));
}
await log.close();
console.log(JSON.stringify({ written: log.written, dropped: log.dropped, problem: log.problem }));
