/** All about a line of the table: a run, or several that are alike. Tabs by number; [ and ] go along the table. */
import { openBrowser, shellWord } from "../../app.ts";
import { textAt } from "../../core/board/run-table.ts";
import { visible } from "../../core/formats/visible.ts";
import { Tag } from "../../core/trial.ts";
import type { Acts } from "../acts/acts.ts";
import { openActMenu } from "../acts/menu.ts";
import { runSubject } from "../acts/subject.ts";
import { confusionTab } from "../detail/confusion.ts";
import { curveRuns, curvesTab } from "../detail/curves.ts";
import { factsDocument } from "../detail/facts.ts";
import { filesTab } from "../detail/files.ts";
import { classesDocument, importancesDocument, reliabilityDocument } from "../detail/judged.ts";
import { overviewTab } from "../detail/overview.ts";
import { rankingsDocument } from "../detail/rankings.ts";
import { createResources, type Loaded, waitingLines } from "../detail/resources.ts";
import { isRunning, type Subject, statusOf, subjectOf } from "../detail/subject.ts";
import { type Document, documentOf, documentTab, type Tab } from "../detail/tab.ts";
import { createTabSet } from "../detail/tab-set.ts";
import type { ActionId } from "../keys.ts";
import type { Screen, Shell } from "../screen.ts";
import type { BoardSource } from "../source.ts";
import { statusSign } from "../table/lines.ts";
import type { TableModel } from "../table/model.ts";
import { styled } from "../theme.ts";
import { actHistoryScreen } from "./act-history.ts";

/** @returns undefined where there is no line to be shown */
export function detailScreen(shell: Shell, source: BoardSource, model: TableModel, acts: Acts): Screen | undefined {
  const { board } = source;
  const { table, reader } = board;
  let repeat: number | undefined;
  const first = subjectOf(table, model, repeat);
  if (first === undefined) return undefined;
  let subject: Subject = first;
  const resources = createResources(() => shell.render());
  const unlisten = source.listen(follow);

  const run = (): number => subject.rows[0]!;
  const runId = (): string => table.runId(run());
  const isCases = (): boolean => textAt(table, `tags.${Tag.input}`, run()) === "cases";
  /** Files are those of one run. */
  const notice = (): string =>
    subject.rows.length === 1 || [overview, curves, rankings].includes(tabs.active)
      ? ""
      : styled(shell.theme, "warn", `of the first of ${subject.rows.length} runs; n shows one after the other`);

  /** What a file says, in place of it that it is awaited, missing, or cannot be read. */
  function told<T>(loaded: Loaded<T | undefined>, what: string, draw: (value: T) => Document): Document {
    if (loaded.state !== "ready") return documentOf(waitingLines(shell.theme, loaded));
    return loaded.value === undefined ? documentOf(absent(what)) : draw(loaded.value);
  }

  function absent(what: string): string[] {
    const status = statusOf(table, run());
    const why =
      status === "finished"
        ? "It was recorded without, or its method has none."
        : `The run is ${status}: such files are written when a trial finishes.`;
    return [`The run keeps no ${what}.`, styled(shell.theme, "dim", why)];
  }

  const judged = () => resources.get(`judged ${runId()}`, () => reader.judged(runId()));
  const context = { board, subject: () => subject, marked };
  const curves = curvesTab(shell, board, resources, 2, () => curveRuns(board, overlaid()));
  const files = filesTab(shell, reader, resources, runId, openBrowser);

  const reliability = documentTab({ digit: 5, title: "Reliability", short: "Reliab." }, (size) =>
    told(judged(), "predictions", (value) => reliabilityDocument(shell.theme, value, size)),
  );
  const tables: readonly Tab[] = [
    confusionTab(
      () => shell.theme,
      () => {
        const found = judged();
        if (found.state === "ready" && found.value !== undefined) return { value: found.value };
        return { lines: linesOf(told(found, "predictions", () => documentOf([]))) };
      },
    ),
    documentTab({ digit: 4, title: "Classes", short: "Classes" }, ({ columns }) =>
      told(
        resources.get(`classes ${runId()}`, () => reader.perClass(runId())),
        "table of classes",
        (value) => classesDocument(shell.theme, value, columns),
      ),
    ),
    documentTab({ digit: 6, title: "Features", short: "Features" }, ({ columns }) =>
      told(
        resources.get(`features ${runId()}`, () => reader.importances(runId())),
        "importance of features",
        (value) => importancesDocument(shell.theme, value, columns),
      ),
    ),
  ];
  const rankings = documentTab({ digit: 3, title: "Rankings", short: "Rankings" }, () =>
    rankingsDocument(shell.theme, table, subject.rows),
  );
  const facts = documentTab({ digit: 8, title: "Facts", short: "Facts" }, ({ columns }) =>
    told(
      resources.get(`facts ${runId()}`, () => reader.facts(runId())),
      "facts",
      (value) => factsDocument(shell.theme, value, columns),
    ),
  );
  const overview = overviewTab(shell, context);
  const all: readonly Tab[] = [overview, curves, rankings, ...tables, reliability, files, facts].sort(
    (a, b) => a.digit - b.digit,
  );

  const runningRows = (): number[] => subject.rows.filter((row) => isRunning(table, row));
  let running = runningRows();

  function marked(): number[] {
    return [...model.marks].map((id) => table.rowOf(id)).filter((row) => row !== undefined);
  }

  /** The runs that are shown, then the marked ones. */
  function overlaid(): number[] {
    return [...new Set([...subject.rows, ...marked()])];
  }

  /** Another line, or the same after a change: what is shown of it stays. */
  function look(begin: boolean): void {
    subject = subjectOf(table, model, repeat) ?? subject;
    tabs.settle();
    if (begin) for (const tab of all) tab.reset?.();
    shell.render();
  }

  function follow(): void {
    subject = subjectOf(table, model, repeat) ?? subject;
    if (tabs.active === curves) curves.grow();
    // What a run has written since is read anew, once it has ended.
    if (running.some((row) => !isRunning(table, row))) resources.clear();
    running = runningRows();
    shell.render();
  }

  function along(by: 1 | -1): void {
    const before = model.selected;
    model.select(before + by);
    if (model.selected === before) shell.tell(by > 0 ? "the last line of the table" : "the first line of the table");
    else {
      repeat = undefined;
      look(true);
    }
  }

  function through(by: 1 | -1): void {
    const group = subjectOf(table, model, undefined);
    if (group === undefined || group.rows.length === 1) shell.tell("this line is one run; ] goes to the next line");
    else {
      const next = (repeat ?? -1) + by;
      repeat = next < 0 || next >= group.rows.length ? undefined : next;
      look(true);
    }
  }

  function copy(): void {
    const command = ["disease", "exp", "show", runId().slice(0, 8)].map(shellWord).join(" ");
    shell.copy(command);
    shell.tell(`copied: ${command}`, "good");
  }

  const actions: Partial<Record<ActionId, () => void>> = {
    back: () => shell.pop(),
    "next-run": () => along(1),
    "previous-run": () => along(-1),
    "next-repeat": () => through(1),
    "previous-repeat": () => through(-1),
    copy,
    acts: () => openActMenu({ shell, source, acts }, { runs: subject.rows.map((row) => runSubject(table, row)) }),
    history: () => shell.push(actHistoryScreen(shell, acts)),
    refresh() {
      resources.clear();
      shell.tell("reading it again");
      shell.render();
    },
  };

  const tabs = createTabSet(shell, {
    tabs: () => all.filter((tab) => (isCases() ? !tables.includes(tab) : tab !== rankings)),
    actions,
    notice,
    absent: () => shell.tell("a ranking has no such table: 3 shows how well it ranks", "warn"),
  });

  return {
    context: "detail",
    header() {
      const { theme } = shell;
      const { label, rows, within } = subject;
      const sign = rows.length === 1 ? statusSign(table, run()) : undefined;
      const parts = [
        styled(theme, "strong", visible(label)),
        rows.length > 1 ? `${rows.length} runs` : runId().slice(0, 8),
        sign === undefined ? "" : styled(theme, sign.meaning ?? "good", statusOf(table, run())),
        within === undefined ? "" : styled(theme, "dim", `run ${within.at + 1} of ${within.of}`),
      ];
      return parts.filter(Boolean).join("  ");
    },
    status() {
      const { theme } = shell;
      const place = `${model.selected + 1}/${model.rows.lines.length}`;
      const over = tabs.active === curves ? overlaid().length - subject.rows.length : 0;
      const parts = [place, tabs.active.status?.() ?? "", over > 0 ? `${over} marked over it` : ""];
      return styled(theme, "dim", parts.filter(Boolean).join("  "));
    },
    paint: tabs.paint,
    act: tabs.act,
    mouse: tabs.mouse,
    close() {
      unlisten();
      resources.close();
    },
  };
}

const linesOf = ({ head = [], length, line }: Document): string[] => [
  ...head,
  ...Array.from({ length }, (_, at) => line(at)),
];
