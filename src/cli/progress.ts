import { setTimeout as delay } from "node:timers/promises";
import type { LiveEvent, LiveSweep, ProgressEvent } from "../app.ts";
import { cut, duration, number, paint, visible } from "./text.ts";

export interface Progress {
  event(event: ProgressEvent): void;
  /** Clears the status line. */
  close(): void;
}

export interface ProgressOptions {
  readonly stream: NodeJS.WriteStream;
  readonly jobs: number;
  readonly rankMetric: string;
  /** Milliseconds; for the ETA. */
  readonly now: () => number;
}

/**
 * A line for each trial as it ends; in a terminal also a status line with what is left and what is running. Written to
 * standard error, so that standard output holds the result alone.
 */
export function createProgress({ stream, jobs, rankMetric, now }: ProgressOptions): Progress {
  const live = stream.isTTY === true && !process.env.CI && process.env.TERM !== "dumb";
  const color = (meaning: Parameters<typeof paint>[0], text: string): string => paint(meaning, text, stream);
  const running = new Map<string, { name: string; round?: number }>();
  const start = now();
  // Null where only time ends a search.
  let total: number | null = 0;
  let ended = 0;

  const count = (): string =>
    total === null ? `[${ended}]` : `[${String(ended).padStart(String(total).length)}/${total}]`;
  const status = (): string => {
    const left = (total ?? 0) - ended;
    const eta =
      total !== null && ended >= Math.min(jobs, total)
        ? `, about ${duration((((now() - start) / ended) * left) / 1000)} left`
        : "";
    const names = [...running.values()].map((r) => (r.round === undefined ? r.name : `${r.name} (round ${r.round})`));
    return `${count()}${eta}  ${names.join("  |  ")}`;
  };
  const clear = (): void => {
    if (live) stream.write("\r\x1b[K");
  };
  const draw = (): void => {
    if (live) stream.write(`\r\x1b[K${cut(visible(status()), Math.max(10, (stream.columns || 80) - 1))}`);
  };
  const line = (text: string): void => {
    clear();
    stream.write(`${text}\n`);
  };
  const end = (runId: string, mark: string, name: string, text: string): void => {
    running.delete(runId);
    ended++;
    line(`${mark} ${count()} ${visible(name)}  ${text}`);
  };

  return {
    event(event) {
      if (event.type === "planned") {
        total = event.total === null ? null : event.total - event.reused;
        const reused = event.reused > 0 ? `, ${event.reused} finished before are kept` : "";
        line(`${total ?? "as many as there is time for"} trials to run on ${jobs} at a time${reused}`);
      } else if (event.type === "kept") {
        if (total !== null) total--;
        line(color("dim", `  finished before: ${visible(event.trial.name)}`));
      } else if (event.type === "prepared") {
        line(
          color(
            "dim",
            `  prepared ${visible(event.name)}, seed ${event.seed}${event.fold === undefined ? "" : `, fold ${event.fold + 1}`}: ${event.features} features (${duration(event.seconds)})`,
          ),
        );
      } else if (event.type === "started") running.set(event.runId, { name: event.trial.name });
      else if (event.type === "round") {
        for (const entry of running.values()) if (entry.name === event.trial.name) entry.round = event.point.round;
      } else if (event.type === "finished") {
        const { metrics, timing, rounds, notices } = event.result;
        const { value, low, high } = metrics[rankMetric]!;
        const interval =
          Number.isFinite(low) && Number.isFinite(high) ? ` [${number(low, 3)}, ${number(high, 3)}]` : "";
        const extra = rounds === undefined ? "" : `, ${rounds} rounds`;
        end(
          event.runId,
          color("good", "✓"),
          event.trial.name,
          `${rankMetric} ${number(value, 3)}${interval}  (${duration(timing.fit)}${extra})`,
        );
        for (const notice of notices) line(color("warn", `    ${visible(notice)}`));
      } else if (event.type === "failed")
        end(event.runId, color("bad", "✗"), event.trial.name, color("bad", visible(event.reason)));
      else if (event.type === "pruned") {
        if (total !== null) total -= event.spared;
        end(event.runId, color("warn", "✂"), event.trial.name, color("dim", `pruned at ${visible(event.reason)}`));
      } else end(event.runId, "■", event.trial.name, "stopped");
      draw();
    },
    close: clear,
  };
}

/** Milliseconds between looks for news. */
const LOOK = 200;

/** The same lines for a sweep that runs in a process of its own, until that has ended. */
export async function printSweep(live: LiveSweep): Promise<"ended"> {
  let progress: Progress | undefined;
  const print = (): void => {
    for (const event of live.news()) {
      if (event.type === "sweep") {
        const { jobs, rankMetric } = event;
        progress = createProgress({ stream: process.stderr, jobs, rankMetric, now: Date.now });
      } else if (isProgress(event)) progress?.event(event);
    }
  };
  for (; live.running(); await delay(LOOK)) print();
  print();
  progress?.close();
  return "ended";
}

const OTHERS: readonly string[] = ["saved", "stopping", "end"];

function isProgress(event: Exclude<LiveEvent, { type: "sweep" }>): event is Extract<LiveEvent, ProgressEvent> {
  return !OTHERS.includes(event.type);
}
