/** One version of a registered model: what it is, what its run scored, and who did what to it, when and why. */
import type { AuditRecord, Trail } from "../../app.ts";
import { compact, moment } from "../../board/numbers.ts";
import { changesOf } from "../../cli/audit-text.ts";
import type { NumberColumn } from "../../core/board/board.ts";
import { visible } from "../../core/formats/visible.ts";
import { VALIDATION } from "../../core/trial.ts";
import type { ActContext } from "../acts/acts.ts";
import { openActMenu } from "../acts/menu.ts";
import { runSubject, type VersionSubject } from "../acts/subject.ts";
import { createResources } from "../detail/resources.ts";
import { createScroller, documentOf } from "../detail/tab.ts";
import { pairs, title, wrapped } from "../detail/text.ts";
import type { ActionId } from "../keys.ts";
import { fitRows } from "../painter/text.ts";
import { ruleLines } from "../panels/verdicts.tsx";
import type { Screen } from "../screen.ts";
import { styled, type Theme } from "../theme.ts";
import { actHistoryScreen } from "./act-history.ts";

const WHEEL = 3;

export interface VersionScreenOptions {
  /** As it is now; undefined once it is gone. */
  now(): VersionSubject | undefined;
  openRun(runId: string | null): void;
  compare(of: VersionSubject): void;
}

export function versionScreen(context: ActContext, first: VersionSubject, options: VersionScreenOptions): Screen {
  const { shell, source, acts } = context;
  const { board } = source;
  const resources = createResources(() => shell.render());
  const scroller = createScroller();
  const unlisten = acts.listen(() => resources.clear());
  const of = (): VersionSubject => options.now() ?? first;

  const actions: Partial<Record<ActionId, () => void>> = {
    back: () => shell.pop(),
    open: () => options.openRun(of().version.runId),
    compare: () => options.compare(of()),
    acts: () => openActMenu(context, { of: of(), runs: runsOf(of()) }),
    history: () => shell.push(actHistoryScreen(shell, acts)),
    refresh: () => resources.clear(),
  };

  function runsOf({ version }: VersionSubject) {
    const row = version.runId === null ? undefined : board.table.rowOf(version.runId);
    return row === undefined ? [] : [runSubject(board.table, row)];
  }

  function lines(width: number): string[] {
    const { theme } = shell;
    const { model, version } = of();
    const trail = resources.get(`trail ${model}`, () => board.acts.history(model));
    return [
      ...factLines(theme, of(), width),
      "",
      title(theme, "Audit"),
      ...(trail.state === "ready"
        ? auditLines(theme, trail.value, version.version, width)
        : [
            styled(
              theme,
              trail.state === "failed" ? "bad" : "dim",
              trail.state === "failed" ? trail.message : "reading …",
            ),
          ]),
      ...metricLines(version.runId, theme, width),
    ];
  }

  function metricLines(runId: string | null, theme: Theme, width: number): string[] {
    const row = runId === null ? undefined : board.table.rowOf(runId);
    if (row === undefined) return [];
    const values = board.table.columnIds
      .filter((id) => id.startsWith(`metrics.${VALIDATION}`) && !/_(low|high)$/.test(id))
      .flatMap((id): [string, string][] => {
        const value = (board.table.column(id) as NumberColumn).values[row]!;
        return Number.isNaN(value) ? [] : [[id.slice(`metrics.${VALIDATION}`.length), compact(value)]];
      });
    return values.length === 0 ? [] : ["", title(theme, "Validation"), ...pairs(theme, values, width)];
  }

  return {
    context: "version",
    header: () =>
      `${styled(shell.theme, "strong", visible(`${of().model}/${of().version.version}`))}  ${of().version.stage}`,
    status: () => styled(shell.theme, "dim", [acts.status(), scroller.status()].filter(Boolean).join("  ")),
    paint({ columns, rows }) {
      const seen = scroller.draw(documentOf(lines(columns)), rows);
      return { rows: fitRows(seen, { columns, rows }) };
    },
    act(action) {
      if (!scroller.act(action)) {
        const does = actions[action];
        if (does === undefined) return false;
        does();
      }
      shell.render();
      return true;
    },
    mouse({ kind }) {
      if (kind === "press") return;
      for (let i = 0; i < WHEEL; i++) scroller.act(kind === "wheel-down" ? "down" : "up");
      shell.paint();
    },
    close() {
      unlisten();
      resources.close();
    },
  };
}

function factLines(theme: Theme, { model, version }: VersionSubject, width: number): string[] {
  const { stage, drift, aliases, awaiting, trial, runId, source, modelHash, dataHash, created } = version;
  const list: (readonly [string, string] | undefined)[] = [
    ["model", model],
    ["stage", drift === null ? stage : `${stage} (MLflow says ${drift})`],
    aliases.length > 0 ? ["aliases", aliases.map((alias) => `@${alias}`).join(" ")] : undefined,
    awaiting === null ? undefined : ["awaits", `approval for ${awaiting}`],
    ["trial", trial],
    ["run", runId ?? "none"],
    ["registered", moment(created)],
    ["source", source],
    modelHash === null ? undefined : ["files", modelHash],
    dataHash === null ? undefined : ["data", dataHash],
  ];
  return pairs(
    theme,
    list.filter((pair) => pair !== undefined),
    width,
  );
}

/** What was done to a version, the newest first: who, when, what moved, the gate's verdicts, the reason. */
export function auditLines(theme: Theme, { records, problems }: Trail, version: string, width: number): string[] {
  const about = records.filter((record) => record.version === version || touches(record, version)).toReversed();
  return [
    ...problems.flatMap((problem) => wrapped(visible(problem), width).map((line) => styled(theme, "bad", line))),
    ...(about.length === 0 ? [styled(theme, "dim", "nothing is on record")] : []),
    ...about.flatMap((record) => recordLines(theme, record, width)),
  ];
}

function touches({ stages, aliases }: AuditRecord, version: string): boolean {
  return version in stages || Object.values(aliases).some(([from, to]) => from === version || to === version);
}

function recordLines(theme: Theme, record: AuditRecord, width: number): string[] {
  const { act, who, when, gate, reason } = record;
  const changes = changesOf(record);
  const head = `${moment(Date.parse(when))}  ${styled(theme, "strong", act)}  ${visible(who)}`;
  const verdict = gate ? `gate ${gate.gate}: ${gate.verdict}, look number ${gate.looks}` : "";
  const texts = [changes, reason ? `reason: ${reason}` : "", verdict].filter(Boolean);
  return [
    head,
    ...texts.flatMap((text) => wrapped(visible(text), width - 4).map((line) => `    ${line}`)),
    ...(gate?.rules ?? []).flatMap((rule) => ruleLines(theme, rule, width - 6).map((line) => `      ${line}`)),
    "",
  ];
}
