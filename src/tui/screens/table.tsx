/** The leaderboard: a live table of runs that is sorted, filtered, grouped and searched. */
import { Text } from "ink";
import { columnIds, shownColumns, titleOf } from "../../board/columns.ts";
import { complete } from "../../board/complete.ts";
import { sortText, toggleSort } from "../../board/edit.ts";
import { factOf } from "../../board/facts.ts";
import { compileFilter, unknownNames } from "../../board/filter.ts";
import { type Arrangement, nextArrangement, standardArrangement } from "../../board/standard.ts";
import { type BoardView, CONFIGURATION } from "../../board/view.ts";
import { Attr } from "../../core/board/board.ts";
import { textAt } from "../../core/board/run-table.ts";
import { messageOf } from "../../core/errors.ts";
import { PlacedError } from "../../core/filter/tokens.ts";
import { displayWidth, visible } from "../../core/formats/visible.ts";
import type { ActionId } from "../keys.ts";
import { createTablePainter, leftFor, placeColumns, type TableColumn, type TableFrame } from "../painter/table.ts";
import { fitStyled } from "../painter/text.ts";
import { columnsPanel } from "../panels/columns.tsx";
import { promptPanel } from "../panels/prompt.tsx";
import { viewsPanel } from "../panels/views.tsx";
import type { Screen, Shell } from "../screen.ts";
import type { BoardSource } from "../source.ts";
import { tableActs } from "../table/acting.ts";
import { tableCommand } from "../table/command.ts";
import { tableLine } from "../table/lines.ts";
import { createTableModel } from "../table/model.ts";
import { createVerdicts } from "../table/verdicts.ts";
import { createWidths } from "../table/widths.ts";
import { arrangementText, emptyText, freshness } from "../table/words.ts";
import { styled } from "../theme.ts";
import { compareScreen } from "./compare.ts";
import { detailScreen } from "./detail.ts";

/** Lines that a step of the wheel moves. */
const WHEEL = 3;
/** Runs up to which a table is arranged while it is still being read. */
const LARGE = 20_000;

export function tableScreen(shell: Shell, source: BoardSource, initial: BoardView): Screen {
  const { board } = source;
  const { table } = board;
  const model = createTableModel(table, initial, board.rank);
  const painter = createTablePainter();
  const widthsOf = createWidths(table);
  const restyle = (): void => {
    model.touch();
    shell.paint();
  };
  const verdicts = createVerdicts(board, model, restyle, (error) => shell.tell(messageOf(error), "warn"));
  let columns: readonly TableColumn[] = [];
  let drawn = { epoch: -1, theme: shell.theme };
  let height = 1;
  /** All runs have been read once. */
  let whole = false;
  let left = 0;

  const standard = (): Arrangement => standardArrangement(table, board.rank(), board.directions);
  /** Nobody has said what a line is and which comes first. */
  let isStandard = [initial.sort, initial.groupBy, initial.columns].every(({ length }) => length === 0);

  /** The arrangement follows what is there, of large tables once all is read. */
  function arrange(): void {
    if (!isStandard || (source.status.state === "loading" && table.rows > LARGE)) return;
    const next = standard();
    if (JSON.stringify({ ...model.view, ...next }) !== JSON.stringify(model.view)) model.change(next);
  }

  source.listen(() => {
    arrange();
    model.refresh(!whole);
    if (source.status.state === "live") {
      if (!whole) sayUnknown();
      whole = true;
      verdicts.look();
    }
    shell.render();
  });

  /** The command line may name columns that no run has. */
  function sayUnknown(): void {
    const named = [...model.view.sort.map(({ id }) => id), ...model.view.groupBy.filter((id) => id !== CONFIGURATION)];
    const unknown = table.rows > 0 && named.find((id) => !columnIds(table).includes(id));
    if (unknown) shell.tell(`no run has ${visible(unknown)}`, "warn");
  }

  /** @returns whether the view could be taken */
  function change(view: Partial<BoardView>): boolean {
    try {
      model.change(view);
      if (["sort", "groupBy", "nesting"].some((part) => part in view)) isStandard = false;
    } catch (error) {
      shell.tell(messageOf(error), "bad");
      return false;
    }
    verdicts.look();
    shell.render();
    return true;
  }

  function moveCursor(to: number): void {
    model.moveCursor(to);
    left = leftFor(columns, left, model.cursor, shell.size.columns);
  }

  function sortBy(more: boolean): void {
    const id = model.columns[model.cursor]?.id;
    if (id !== undefined) change({ sort: toggleSort(model.view, id, board.directions, more).sort });
  }

  function group(): void {
    const id = model.columns[model.cursor]?.id;
    if (model.view.groupBy.length > 0) change({ groupBy: [], answers: "all" });
    else if (id !== undefined) change({ groupBy: [id === Attr.name ? CONFIGURATION : id] });
  }

  function openFilter(): void {
    const check = (text: string): ReturnType<NonNullable<Parameters<typeof promptPanel>[1]["check"]>> => {
      try {
        compileFilter(text, table);
      } catch (error) {
        if (error instanceof PlacedError) return { text: error.message, at: error.at, wrong: true };
        return { text: messageOf(error), wrong: true };
      }
      const unknown = unknownNames(text, table)[0];
      if (unknown) {
        const near = unknown.nearest === undefined ? "" : `; did you mean ${visible(unknown.nearest)}?`;
        return { text: `no run has ${visible(unknown.id)}${near}`, at: unknown.at, wrong: false };
      }
      const applied = text === model.view.filter;
      return { text: applied ? "applied" : "draft; Enter applies it", wrong: false };
    };
    shell.open(
      promptPanel(shell, {
        label: "filter",
        text: model.view.filter,
        check,
        complete: (text, at) => complete(text, at, table),
        accept: (text) => check(text)?.wrong !== true && change({ filter: text.trim() }),
      }),
    );
  }

  function openSearch(): void {
    const origin = model.selected;
    const before = model.search;
    const say = (text: string, found: boolean): void => {
      if (text !== "" && !found) shell.tell(`nothing found: ${text}`, "warn");
    };
    shell.open(
      promptPanel(shell, {
        label: "/",
        text: "",
        draft(text) {
          const found = model.find(text, origin);
          if (!found) model.select(origin);
          say(text, found);
        },
        accept(text) {
          say(text, model.find(text, origin));
          return true;
        },
        cancel() {
          model.find(before, origin);
          model.select(origin);
        },
      }),
    );
  }

  function openViews(): void {
    let views: Readonly<Record<string, BoardView>> = {};
    const doing = (done: string, action: () => void): boolean => {
      try {
        action();
        views = board.views.all();
        shell.tell(done, "good");
        return true;
      } catch (error) {
        shell.tell(messageOf(error), "bad");
        return false;
      }
    };
    if (!doing("", () => {})) return;
    shell.open(
      viewsPanel(shell, {
        list: () => views,
        take: (name, view) => change(view) && shell.tell(`view ${visible(name)}`, "good"),
        save: (name) => void doing(`saved as ${visible(name)}`, () => board.views.save(name, model.view)),
        remove: (name) => void doing(`removed ${visible(name)}`, () => board.views.remove(name)),
      }),
    );
  }

  function openColumns(): void {
    const shown = () => shownColumns(table, { ...model.view, differing: false }, model.rows, board.rank());
    shell.open(
      columnsPanel(shell, {
        shown,
        all: () => columnIds(table),
        width: (id) => widthsOf(model.rows, shown(), model.top).find((column) => column.id === id)?.width ?? 10,
        change: (how) => void change(how(model.view)),
      }),
    );
  }

  function find(step: 1 | -1): void {
    if (model.search === "") shell.tell("nothing is searched for; / begins");
    else if (!model.findNext(step)) shell.tell(`nothing found: ${model.search}`, "warn");
  }

  function copy(): void {
    const command = tableCommand(board.experiments, isStandard ? { ...model.view, sort: [], groupBy: [] } : model.view);
    shell.copy(command);
    shell.tell(`copied: ${command}`, "good");
  }

  function back(): void {
    if (model.search !== "") model.find("", model.selected);
    else if (model.view.filter !== "") change({ filter: "" });
  }

  async function refresh(): Promise<void> {
    shell.tell("looking for changes …");
    await source.refresh();
    shell.tell("up to date");
  }

  const acting = tableActs(shell, source, model, change);
  const actions: Partial<Record<ActionId, () => void>> = {
    ...acting.actions,
    down: () => model.select(model.selected + 1),
    up: () => model.select(model.selected - 1),
    first: () => model.select(0),
    last: () => model.select(model.rows.lines.length - 1),
    "half-down": () => model.select(model.selected + Math.ceil(height / 2)),
    "half-up": () => model.select(model.selected - Math.ceil(height / 2)),
    "page-down": () => model.select(model.selected + height),
    "page-up": () => model.select(model.selected - height),
    left: () => moveCursor(model.cursor - 1),
    right: () => moveCursor(model.cursor + 1),
    "first-column": () => {
      left = 0;
      moveCursor(0);
    },
    "last-column": () => moveCursor(columns.length - 1),
    sort: () => sortBy(false),
    "sort-more": () => sortBy(true),
    filter: openFilter,
    search: openSearch,
    "next-found": () => find(1),
    "previous-found": () => find(-1),
    differing: () => change({ differing: !model.view.differing }),
    columns: openColumns,
    group,
    fold: () => model.toggleFold() || shell.tell("no group or sweep here; b groups, w folds sweeps"),
    nesting() {
      change(nextArrangement(model.view, standard()));
      const { groupBy, nesting } = model.view;
      shell.tell(groupBy.length > 0 ? "configurations" : nesting === "fold" ? "sweeps" : "single runs");
    },
    views: openViews,
    detail() {
      const screen = detailScreen(shell, source, model, acting.acts);
      if (screen) shell.push(screen);
    },
    compare() {
      const screen = compareScreen(shell, source, model.marks);
      if (typeof screen === "string") shell.tell(screen, "warn");
      else shell.push(screen);
    },
    mark: () => {
      model.toggleMark();
      model.select(model.selected + 1);
    },
    "unmark-all": () => model.unmarkAll(),
    copy,
    refresh: () => void refresh(),
    back,
  };

  function frame(width: number): TableFrame {
    if (drawn.epoch !== model.epoch || drawn.theme !== shell.theme) {
      if (drawn.theme !== shell.theme) model.touch();
      drawn = { epoch: model.epoch, theme: shell.theme };
      columns = widthsOf(model.rows, model.columns, model.top);
      left = leftFor(columns, left, model.cursor, width);
    }
    const { sort } = model.view;
    const arrow = (place: number): string =>
      `${sort[place]!.descending ? "▼" : "▲"}${sort.length > 1 ? place + 1 : ""}`;
    return {
      theme: shell.theme,
      columns,
      left,
      cursor: model.cursor,
      arrows: new Map(sort.map(({ id }, place) => [id, arrow(place)])),
      lines: model.rows.lines.length,
      top: model.top,
      selected: model.selected,
      epoch: model.epoch,
      marked: model.marked,
      line: (line, shown) => tableLine(table, model, verdicts, line, shown),
    };
  }

  return {
    context: "table",
    close: verdicts.close,
    header(width) {
      const { theme } = shell;
      const running = countRunning();
      const n = model.rows.order.length;
      const what = board.experiments.length > 0 ? board.experiments.map(visible).join(", ") : "all experiments";
      const parts = [
        styled(theme, "strong", what),
        `${n.toLocaleString("en")}${model.view.filter !== "" ? ` of ${table.rows.toLocaleString("en")}` : ""} runs`,
        ...(running > 0 ? [styled(theme, "accent", `▶ ${running} running`)] : []),
        ...(model.view.groupBy.length > 0 ? [`by ${model.view.groupBy.map(titleOf).map(visible).join(", ")}`] : []),
        ...(model.view.differing ? ["differing columns"] : []),
        ...(model.view.lifecycle === "active"
          ? []
          : [styled(theme, "warn", `deleted ${model.view.lifecycle === "all" ? "too" : "alone"}`)]),
        ...(model.view.filter !== "" ? [`filter ${styled(theme, "warn", visible(model.view.filter))}`] : []),
      ];
      const fresh = freshness(source);
      const room = width - displayWidth(fresh.text) - 2;
      return `${fitStyled(parts.join("  "), Math.max(0, room))}  ${styled(theme, fresh.meaning, fresh.text)}`;
    },
    status(width) {
      const { theme } = shell;
      const { selected, rows, view, marks, search } = model;
      const place =
        rows.lines.length === 0
          ? ""
          : `${(selected + 1).toLocaleString("en")}/${rows.lines.length.toLocaleString("en")}`;
      const run = model.run();
      const error = run === undefined ? undefined : textAt(table, "tags.disease.error", run);
      const parts = [
        place,
        ...(acting.acts.status() !== "" ? [acting.acts.status()] : []),
        ...(marks.size > 0 ? [`● ${marks.size} marked`] : []),
        isStandard
          ? arrangementText(board, view)
          : view.sort.length > 0
            ? `sort ${sortText(view.sort.slice(0, 3))}`
            : "newest first",
        ...(search !== "" ? [`/${visible(search)}`] : []),
        ...(run === undefined ? [] : [table.runId(run).slice(0, 8)]),
        ...(error === undefined ? [] : [`✗ ${visible(error)}`]),
      ];
      return styled(theme, "dim", parts.join("  ").slice(0, width * 2));
    },
    view: () => (model.rows.lines.length > 0 ? undefined : <Text>{emptyText(source, model.view.filter)}</Text>),
    paint(size) {
      if (model.rows.lines.length === 0) return { rows: [] };
      height = size.rows - 1;
      model.fit(height);
      return painter.paint(frame(size.columns), size);
    },
    act(action) {
      const does = actions[action];
      does?.();
      return does !== undefined;
    },
    mouse(event, y) {
      if (event.kind !== "press")
        model.scroll(event.kind === "wheel-down" ? WHEEL : event.kind === "wheel-up" ? -WHEEL : 0);
      else {
        const placed = placeColumns(columns, left, shell.size.columns);
        const column = placed.find(({ x, width }) => event.x >= x && event.x < x + width);
        if (column) model.moveCursor(column.index);
        if (y > 0 && model.top + y - 1 < model.rows.lines.length) model.select(model.top + y - 1);
        else if (y === 0 && column) sortBy(event.shift);
      }
      shell.paint();
    },
  };

  function countRunning(): number {
    return factOf(table, model.rows, "running", [Attr.status], () => {
      const status = table.column(Attr.status);
      const running = status?.kind === "text" ? status.texts.indexOf("RUNNING") : -1;
      if (status?.kind !== "text" || running < 0) return 0;
      return model.rows.matching.reduce((n, row) => n + (status.codes[row] === running ? 1 : 0), 0);
    });
  }
}
