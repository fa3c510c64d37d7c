import type { LiveSweep } from "../../app.ts";
import { visible } from "../../core/formats/visible.ts";
import type { ActionId } from "../keys.ts";
import { fitStyled } from "../painter/text.ts";
import { confirmPanel } from "../panels/confirm.tsx";
import type { Screen, Shell } from "../screen.ts";
import { drawSweep, layoutOf } from "../sweep/lines.ts";
import { createSweepModel } from "../sweep/model.ts";
import { styled } from "../theme.ts";

/** Why the view of a sweep was left. */
export type SweepEnd =
  /** The sweep has ended and told so; or its process is gone without a word. */
  "ended" | "gone" | "detached";

/** Milliseconds between looks for news, and between pictures of a sweep that has none. */
const LOOK = 200;
const CLOCK = 1000;
const WHEEL = 3;

/** A sweep that runs in a process of its own. @param end told when the view is to be left */
export function sweepScreen(shell: Shell, live: LiveSweep, end: (how: SweepEnd) => void): Screen {
  const model = createSweepModel();
  let selected = -1;
  /** Run id of the selected trial while it runs: others come and go around it. */
  let selectedRun: string | undefined;
  let top = 0;
  let height = 1;
  let printed = "";
  let drawn = 0;
  let asked = 0;
  let headed = "";

  const count = (): number => model.running.length + model.rows().length;

  function select(at: number): void {
    selected = Math.max(0, Math.min(count() - 1, at));
    selectedRun = model.running[selected]?.runId;
    const row = selected - model.running.length;
    if (row >= 0) top = Math.max(row - height + 1, Math.min(top, row));
    else top = 0;
  }

  /** The selected trial stays selected though others begin and end; when it ends itself, the place does. */
  function follow(before: number): void {
    if (selected < 0) return;
    const at = selectedRun === undefined ? -1 : model.running.findIndex(({ runId }) => runId === selectedRun);
    if (at >= 0) selected = at;
    else if (selected >= before) select(selected - before + model.running.length);
    else select(selected);
  }

  function read(): boolean {
    const before = model.running.length;
    const events = live.news();
    for (const event of events) model.add(event);
    if (events.length > 0) follow(before);
    const said = live.printed().findLast((line) => line.trim() !== "");
    if (said !== undefined) printed = said.replaceAll(/\x1b\[[\d;]*m/g, "");
    return events.length > 0 || said !== undefined;
  }

  function look(): void {
    const isNews = read();
    const now = Date.now();
    if (now - asked >= (model.facts.exitCode === null ? CLOCK : 0)) {
      asked = now;
      if (!live.running()) {
        read(); // what it said last
        end(model.facts.exitCode === null ? "gone" : "ended");
        return;
      }
    }
    if (!isNews && now - drawn < CLOCK) return;
    drawn = now;
    draw();
  }

  /** Ink's part costs more than all else: it is drawn when the header has changed. */
  function draw(): void {
    if (header(shell.size.columns) === headed) shell.paint();
    else shell.render();
  }

  function header(width: number): string {
    const { theme } = shell;
    const { experiment, sweepId, stopping } = model.facts;
    const parts = [
      styled(theme, "strong", visible(experiment)),
      ...(sweepId === null ? [] : [`sweep ${sweepId.slice(0, 8)}`]),
    ];
    const state = stopping ? styled(theme, "warn", "stopping") : styled(theme, "good", "live");
    return `${fitStyled(parts.join("  "), Math.max(0, width - 10))}  ${state}`;
  }

  read();
  const timer = setInterval(() => {
    try {
      look();
    } catch (error) {
      shell.fail(error);
    }
  }, LOOK);

  function stopTrial(): void {
    const trial = model.running[selected];
    if (!trial) {
      shell.tell(selected < 0 ? "choose a running trial first: j" : "it has ended", "warn");
      return;
    }
    live.send({ type: "stop-trial", runId: trial.runId });
    shell.tell(`stopping ${visible(trial.trial.name)}   disease exp stop ${trial.runId.slice(0, 8)}`, "warn");
  }

  function stop(): void {
    live.send({ type: "stop" });
    shell.tell("stopping; what is finished is kept (Ctrl-C to stop at once)", "warn");
  }

  const actions: Partial<Record<ActionId, () => void>> = {
    down: () => select(selected + 1),
    up: () => select(selected - 1),
    first: () => select(0),
    last: () => select(count() - 1),
    "page-down": () => select(selected + height),
    "page-up": () => select(selected - height),
    "stop-trial": stopTrial,
    "stop-sweep": () => {
      const command = `disease exp stop ${model.facts.sweepId?.slice(0, 8) ?? ""}`;
      shell.open(confirmPanel(shell, "Stop the whole sweep? What is finished is kept.", command, stop));
    },
    interrupt: stop,
    detach: () => end("detached"),
  };

  return {
    context: "sweep",
    quit: stop,
    close: () => clearInterval(timer),
    header(width) {
      headed = header(width);
      return headed;
    },
    status() {
      const row = model.rows()[selected - model.running.length];
      const trial = model.running[selected];
      const said = trial
        ? `run ${trial.runId.slice(0, 8)}`
        : row && row.notes.length > 0
          ? row.notes.join("; ")
          : printed;
      return styled(shell.theme, "dim", visible(said));
    },
    paint(size) {
      height = Math.max(1, layoutOf(model, size).height);
      return { rows: drawSweep({ model, theme: shell.theme, now: Date.now(), selected, top }, size) };
    },
    act(action) {
      const does = actions[action];
      does?.();
      draw();
      return does !== undefined;
    },
    mouse(event, y) {
      if (event.kind === "wheel-down") select(selected + WHEEL);
      else if (event.kind === "wheel-up") select(selected - WHEEL);
      else if (event.kind === "press") {
        const at = layoutOf(model, { columns: shell.size.columns, rows: shell.size.rows - 3 });
        if (y >= at.board) select(model.running.length + top + y - at.board);
        else if (y >= at.running && y < at.running + at.shown * at.each) {
          const trial = Math.floor((y - at.running) / at.each);
          if (trial < model.running.length) select(trial);
        }
      }
      draw();
    },
  };
}
