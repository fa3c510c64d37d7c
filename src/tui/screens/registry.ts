/** The registered models by stage, live: a card a version; acts on the one that is selected. */
import type { ModelDetail, VersionRow } from "../../app.ts";
import { compact } from "../../board/numbers.ts";
import { EMPTY_VIEW } from "../../board/view.ts";
import { textAt } from "../../core/board/run-table.ts";
import { messageOf } from "../../core/errors.ts";
import { displayWidth, visible } from "../../core/formats/visible.ts";
import { Tag, VALIDATION } from "../../core/trial.ts";
import type { ActContext } from "../acts/acts.ts";
import { actOn, openActMenu } from "../acts/menu.ts";
import { type ActName, type ActSubject, runSubject, type VersionSubject } from "../acts/subject.ts";
import type { ActionId } from "../keys.ts";
import { fitRows, fitStyled } from "../painter/text.ts";
import { ageText, type Cursor, cardAt, columnsOf, cursorAt, drawColumns, settled, step } from "../registry/layout.ts";
import type { Screen } from "../screen.ts";
import { createTableModel } from "../table/model.ts";
import { freshness } from "../table/words.ts";
import { styled } from "../theme.ts";
import { actHistoryScreen } from "./act-history.ts";
import { compareScreen } from "./compare.ts";
import { detailScreen } from "./detail.ts";
import { versionScreen } from "./version.ts";

/** Milliseconds between looks for what others did. */
const LOOK = 3000;
/** A look that takes long, of hundreds of versions, comes again after so many times as long. */
const SHARE = 50;
/** Metrics on a card. */
const SHOWN = ["f1_macro", "recall_orphan", "ece"];

export function registryScreen(context: ActContext): Screen {
  const { shell, source, acts } = context;
  const { board } = source;
  const { table } = board;
  let models: readonly ModelDetail[] | undefined;
  let problem: string | undefined;
  let only: string | undefined;
  let cursor: Cursor = { column: 2, row: 0 };
  let isClosed = false;
  let timer: NodeJS.Timeout | undefined;
  let size = { columns: 80, rows: 20 };

  const columns = () =>
    columnsOf(models ?? [], only, (_, version) => ({ metrics: metricsOf(version), age: ageOf(version) }));
  const ageOf = ({ created }: VersionRow): string => ageText(Date.now() - created);

  /** What the sweep ranks by, then the medical ones. */
  function metricsOf({ runId }: VersionRow): string[] {
    const row = runId === null ? undefined : table.rowOf(runId);
    if (row === undefined) return [];
    const rank = textAt(table, `tags.${Tag.rankMetric}`, row);
    return [...new Set([...(rank === undefined ? [] : [rank]), ...SHOWN])].flatMap((id) => {
      const column = table.column(`metrics.${VALIDATION}${id}`);
      const value = column?.kind === "number" ? column.values[row]! : Number.NaN;
      return Number.isNaN(value) ? [] : [`${id} ${compact(value)}`];
    });
  }

  async function look(): Promise<void> {
    clearTimeout(timer);
    const before = performance.now();
    try {
      models = await board.acts.models();
      problem = undefined;
    } catch (error) {
      problem = messageOf(error);
    }
    if (isClosed) return;
    cursor = settled(columns(), cursor);
    shell.render();
    clearTimeout(timer); // of a look that ended meanwhile
    timer = setTimeout(() => void look(), Math.max(LOOK, SHARE * (performance.now() - before)));
  }

  const selected = (): VersionSubject | undefined => cardAt(columns(), cursor);

  function subject(): ActSubject | undefined {
    const of = selected();
    if (of === undefined) return undefined;
    const row = of.version.runId === null ? undefined : table.rowOf(of.version.runId);
    return { of, runs: row === undefined ? [] : [runSubject(table, row)] };
  }

  function onSelected(act: (subject: ActSubject) => void): void {
    const about = subject();
    if (about) act(about);
    else shell.tell("no version is registered yet: p on a run of the table promotes it");
  }

  const doing = (act: ActName) => () => onSelected((about) => actOn(context, act, about));

  /** The champion beside the challenger, or beside the version that is meant. */
  function compare({ model, version }: VersionSubject): void {
    const versions = models?.find(({ name }) => name === model)?.versions ?? [];
    const runOf = (alias: string): string | null | undefined =>
      versions.find(({ aliases }) => aliases.includes(alias))?.runId;
    const champion = runOf("champion");
    const other = version.aliases.includes("champion") ? runOf("challenger") : version.runId;
    const why = !champion
      ? `${visible(model)} has no champion`
      : !other
        ? `${visible(model)} has no challenger; choose another version`
        : other === champion
          ? "both are of the same run"
          : undefined;
    const screen = why ?? compareScreen(shell, source, new Set([champion!, other!]));
    if (typeof screen === "string") shell.tell(why ?? "the board does not show both runs", "warn");
    else shell.push(screen);
  }

  function openRun(runId: string | null): void {
    const row = runId === null ? undefined : table.rowOf(runId);
    const filter = `attributes.run_id = '${runId}'`;
    const model = createTableModel(table, { ...EMPTY_VIEW, filter, lifecycle: "all" }, board.rank);
    const screen = row === undefined ? undefined : detailScreen(shell, source, model, acts);
    if (screen) shell.push(screen);
    else shell.tell("the board does not show its run", "warn");
  }

  function open(): void {
    const first = selected();
    if (first === undefined) return;
    const now = (): VersionSubject | undefined => {
      const version = models
        ?.find(({ name }) => name === first.model)
        ?.versions.find((v) => v.version === first.version.version);
      return version && { model: first.model, version };
    };
    shell.push(versionScreen(context, first, { now, openRun, compare }));
  }

  /** All models, then one after the other. */
  function turn(by: 1 | -1): void {
    const names = [undefined, ...(models ?? []).map(({ name }) => name)];
    only = names[(names.indexOf(only) + by + names.length) % names.length];
    cursor = settled(columns(), cursor);
  }

  const actions: Partial<Record<ActionId, () => void>> = {
    open,
    back: () => shell.pop(),
    acts: () => onSelected((about) => openActMenu(context, about)),
    promote: doing("promote"),
    demote: doing("demote"),
    rollback: doing("rollback"),
    approve: doing("approve"),
    alias: doing("alias"),
    compare: () => onSelected(({ of }) => compare(of!)),
    "next-model": () => turn(1),
    "previous-model": () => turn(-1),
    history: () => shell.push(actHistoryScreen(shell, acts)),
    refresh: () => void look(),
    first: () => move({ ...cursor, row: 0 }),
    last: () => move({ ...cursor, row: Number.MAX_SAFE_INTEGER }),
    "page-down": () => move({ ...cursor, row: cursor.row + 5 }),
    "page-up": () => move({ ...cursor, row: cursor.row - 5 }),
  };
  const move = (to: Cursor): void => {
    cursor = settled(columns(), to);
  };

  const unlisten = [acts.listen(() => void look()), source.listen(() => shell.render())];
  void look();

  return {
    context: "registry",
    header(width) {
      const { theme } = shell;
      const waiting = (models ?? []).flatMap(({ versions }) => versions.filter(({ awaiting }) => awaiting !== null));
      const parts = [
        styled(theme, "strong", "Registry"),
        only === undefined ? `${models?.length ?? 0} model${models?.length === 1 ? "" : "s"}` : visible(only),
        ...(waiting.length > 0 ? [styled(theme, "warn", `${waiting.length} awaiting approval`)] : []),
      ];
      const fresh =
        problem === undefined ? freshness(source) : { text: `! ${visible(problem)}`, meaning: "bad" as const };
      const room = Math.max(0, width - displayWidth(fresh.text) - 2);
      return `${fitStyled(parts.join("  "), room)}  ${styled(theme, fresh.meaning, fresh.text)}`;
    },
    status() {
      const of = selected();
      const parts = [
        acts.status(),
        of === undefined ? "" : visible(`${of.model}/${of.version.version}  ${of.version.trial}`),
        of === undefined ? "" : metricsOf(of.version).join("  "),
      ];
      return styled(shell.theme, "dim", parts.filter(Boolean).join("  "));
    },
    paint(body) {
      size = body;
      const lines =
        models === undefined
          ? [problem === undefined ? "Reading the registry …" : ""]
          : models.length === 0
            ? ["No model is registered yet.", "", "p on a run of the table promotes it, or: disease models register"]
            : drawColumns(shell.theme, columns(), cursor, body);
      return { rows: fitRows(lines, body) };
    },
    act(action) {
      if (action === "left" || action === "right" || action === "up" || action === "down")
        cursor = step(columns(), cursor, action);
      else if (actions[action]) actions[action]();
      else return false;
      shell.render();
      return true;
    },
    mouse(event, y) {
      if (event.kind !== "press") move({ ...cursor, row: cursor.row + (event.kind === "wheel-down" ? 1 : -1) });
      else cursor = cursorAt(columns(), cursor, size, event.x, y) ?? cursor;
      shell.render();
    },
    close() {
      isClosed = true;
      clearTimeout(timer);
      for (const end of unlisten) end();
    },
  };
}
