import type { Pending } from "../app.ts";
import { size, visible } from "./text.ts";

/** "3 runs (1200 metrics, 4 files, 1.2 MB)" */
export function pendingText({ runs, metrics, artifacts, models, bytes }: Pending): string {
  const parts = [
    ...(metrics > 0 ? [count(metrics, "metric")] : []),
    ...(models > 0 ? [count(models, "model")] : []),
    ...(artifacts > 0 ? [count(artifacts, "file"), size(bytes)] : []),
  ];
  return `${count(runs, "run")}${parts.length > 0 ? ` (${parts.join(", ")})` : ""}`;
}

/** Lines that say what has not reached a server, and why. */
export function pendingLines(pending: Pending): string[] {
  const [first] = pending.refused;
  const others = pending.refused.length > 1 ? `, and ${pending.refused.length - 1} more` : "";
  return [
    `${pendingText(pending)} not at ${visible(pending.uri)} yet`,
    ...(first ? [`refused: run ${first.runId.slice(0, 8)}: ${visible(first.problem)}${others}`] : []),
    ...(pending.error !== null && pending.refused.length < pending.runs
      ? [`the last error: ${visible(pending.error)}`]
      : []),
  ];
}

const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? "" : "s"}`;
