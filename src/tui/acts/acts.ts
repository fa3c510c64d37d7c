/** Runs the acts of the board, keeps what was done, and tells of it. */
import { messageOf, UserError } from "../../core/errors.ts";
import { visible } from "../../core/formats/visible.ts";
import type { Shell } from "../screen.ts";
import type { BoardSource } from "../source.ts";
import { type Said, said } from "./say.ts";

/** An act of this session. */
export interface DoneAct {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** As one types it. */
  readonly command: string;
  /** Undefined while it is under way. */
  readonly said?: Said;
  readonly seconds?: number;
}

export interface Acts {
  /** Newest first. */
  readonly done: readonly DoneAct[];
  /** For the status line: what is under way. */
  status(): string;
  /**
   * Runs a command of this program in the background; what became of it is told and kept. Never throws.
   * @param words after "disease"
   * @param runs ids of the runs that it changes
   * @param quiet whoever asked tells it
   */
  run(words: readonly string[], runs?: readonly string[], quiet?: boolean): Promise<{ said: Said; result?: unknown }>;
  /** Starts a sweep that outlives the board. */
  startSweep(words: readonly string[]): Promise<void>;
  /** Called after each act. @returns ends that */
  listen(listener: () => void): () => void;
}

/** What the steps of an act work with. */
export interface ActContext {
  readonly shell: Shell;
  readonly source: BoardSource;
  readonly acts: Acts;
}

export function createActs(shell: Shell, source: BoardSource): Acts {
  const { acts } = source.board;
  let done: readonly DoneAct[] = [];
  const listeners = new Set<() => void>();

  function begin(words: readonly string[], quiet: boolean): (end: Said) => void {
    let act: DoneAct = { at: Date.now(), command: acts.command(words) };
    done = [act, ...done];
    if (!quiet) shell.tell(`▶ ${visible(act.command)}`);
    shell.render();
    return (end) => {
      const ended = { ...act, said: end, seconds: (Date.now() - act.at) / 1000 };
      done = done.map((other) => (other === act ? ended : other));
      act = ended;
      if (!quiet) shell.tell(lineOf(ended), end.meaning);
      for (const listener of listeners) listener();
      shell.render();
    };
  }

  return {
    get done() {
      return done;
    },
    status() {
      const running = done.filter((act) => act.said === undefined);
      if (running.length === 0) return "";
      return running.length === 1 ? `▶ ${visible(running[0]!.command)}` : `▶ ${running.length} acts under way`;
    },
    async run(words, runs = [], quiet = false) {
      const end = begin(words, quiet);
      const outcome = await acts.run(words);
      const told = said(outcome);
      end(told);
      void refreshed(runs);
      return { said: told, ...("result" in outcome && { result: outcome.result }) };
    },
    async startSweep(words) {
      const end = begin(words, false);
      try {
        const id = (await acts.startSweep(words))?.slice(0, 8);
        if (id === undefined) end({ meaning: "good", text: "nothing was left to run", lines: [], undo: [] });
        else {
          const lines = [`watch it: disease exp attach ${id}`];
          end({ meaning: "good", text: `sweep ${id} runs by itself`, lines, undo: [`disease exp stop ${id}`] });
        }
      } catch (error) {
        const lines = error instanceof UserError ? [error.where ?? "", ...error.fix].filter(Boolean).map(visible) : [];
        end({ meaning: "bad", text: messageOf(error), lines, undo: [] });
      }
      await refreshed([]);
    },
    listen(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };

  /** The table shows at once what was done. */
  async function refreshed(runs: readonly string[]): Promise<void> {
    try {
      await source.refresh(); // one that is under way knows nothing of these runs
      await source.refresh(runs);
    } catch (error) {
      shell.fail(error);
    }
  }
}

/** One line of an act: its sign, what became of it, and the command. */
export function lineOf({ command, said: end }: DoneAct): string {
  if (end === undefined) return `▶ ${visible(command)}`;
  const sign = { good: "✓", warn: "!", bad: "✗" }[end.meaning];
  const fix = end.lines.find((line) => line.startsWith("fix: "))?.slice("fix: ".length);
  const why = fix === undefined ? "" : `: ${fix}`;
  return `${sign} ${visible(end.text)}${why}  $ ${visible(command)}`;
}
