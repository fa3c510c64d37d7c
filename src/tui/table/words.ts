/** What the table says of itself. */
import type { Board } from "../../app.ts";
import { titleOf } from "../../board/columns.ts";
import { olderAnswers } from "../../board/current.ts";
import type { BoardView } from "../../board/view.ts";
import { visible } from "../../core/formats/visible.ts";
import type { BoardSource } from "../source.ts";

/** The order that nobody chose, and how to come to another one. */
export function arrangementText({ experiments, rank, table }: Board, { sort }: BoardView): string {
  const first = sort[0]?.id;
  if (first !== undefined) {
    const older = olderAnswers(table);
    const left = older === 0 ? "" : `${older.toLocaleString("en")} older answers left out, `;
    return `best ${titleOf(first)} first, ${left}w: single runs`;
  }
  const several = experiments.length !== 1 && rank() !== undefined;
  return several ? "newest first; a leaderboard of one: disease board EXPERIMENT" : "newest first";
}

export function freshness({ status, progress }: BoardSource): { text: string; meaning: "good" | "warn" | "bad" } {
  if (status.state === "unreachable") {
    const since = new Date(status.since).toTimeString().slice(0, 5);
    return { text: `! away since ${since}: ${visible(status.message).slice(0, 40)}`, meaning: "bad" };
  }
  if (status.state === "absent") return { text: "no store yet", meaning: "warn" };
  if (status.state === "live") return { text: "live", meaning: "good" };
  return { text: progress === null ? "loading …" : `loading ${Math.floor(100 * progress)} %`, meaning: "warn" };
}

/** In place of a table without lines. */
export function emptyText({ status }: BoardSource, filter: string): string {
  if (status.state === "loading") return "Reading the runs …";
  if (filter !== "") return `No run matches ${visible(filter)}.\nf changes the filter, Esc clears it.`;
  return "No runs yet. Begin with\n\n  disease exp run quickstart\n\nin another terminal (disease init makes a project): they appear here by themselves.";
}
