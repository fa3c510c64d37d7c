/**
 * A process that uses a store, for stores-processes.test.ts: stores-writer.ts FOLDER RUNS [reader|nobody]. It prints the
 * id of every run that it finished, a line each, and what went wrong as JSON.
 */
import { UserError } from "../../../src/core/errors.ts";
import { openEmbeddedStore } from "../../../src/stores/embedded/store.ts";

export const METRICS = 200;

async function main([folder, runs, role]: string[]): Promise<void> {
  if (role !== undefined && process.getuid?.() === 0) process.setuid!("nobody"); // root may write anywhere
  const store = openEmbeddedStore({ folder: folder!, readOnly: role === "reader" });
  if (role === "reader") {
    for (const { info } of (
      await store.searchRuns({ experimentIds: ["1"], columns: { metrics: [], params: [], tags: [] } })
    ).items) {
      console.log(info.runId);
    }
    return;
  }
  const { experimentId } = await store.ensureExperiment("shared");
  for (let i = 0; i < Number(runs); i++) {
    const { runId } = await store.createRun({ experimentId, runName: `run ${i}`, startTime: i });
    await store.write(runId, {
      metrics: Array.from({ length: METRICS }, (_, step) => ({
        key: "loss",
        value: 1 / (step + 1),
        timestamp: step,
        step,
      })),
      params: { seed: String(i), note: "x".repeat(1000) },
      status: "FINISHED",
      endTime: i + 1,
    });
    await store.writeArtifact(runId, "done.txt", new TextEncoder().encode(runId));
    console.log(runId);
  }
  store.close();
}

if (process.argv[1] === import.meta.filename) {
  await main(process.argv.slice(2)).catch((error: unknown) => {
    if (!(error instanceof UserError)) throw error;
    console.log(JSON.stringify({ message: error.message, exitCode: error.exitCode, fix: error.fix }));
    process.exitCode = error.exitCode;
  });
}
