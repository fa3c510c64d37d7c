/** What an act is about, and which acts there are for it. Pure. */
import type { ModelDetail, VersionRow } from "../../app.ts";
import { Attr, type RunTable } from "../../core/board/board.ts";
import { textAt } from "../../core/board/run-table.ts";
import { Tag } from "../../core/trial.ts";

export interface RunSubject {
  readonly id: string;
  /** Of the same run in the project's own store: a server's run may mirror it. */
  readonly localId: string;
  readonly name: string;
  readonly experiment: string;
  readonly status: string;
  readonly isDeleted: boolean;
  /** Whether it was made by `disease exp run`. */
  readonly isOurs: boolean;
}

export interface VersionSubject {
  readonly model: string;
  readonly version: VersionRow;
}

export interface ActSubject {
  /** Of a version its run, where the board knows it. */
  readonly runs: readonly RunSubject[];
  /** A version of the registry; absent where runs are meant. */
  readonly of?: VersionSubject;
}

export type ActName =
  | "promote"
  | "demote"
  | "rollback"
  | "approve"
  | "alias"
  | "tag"
  | "note"
  | "rerun"
  | "stop"
  | "delete"
  | "restore";

export function runSubject(table: RunTable, row: number): RunSubject {
  const id = table.runId(row);
  const kind = textAt(table, `tags.${Tag.kind}`, row);
  return {
    id,
    localId: textAt(table, `tags.${Tag.mirrorOf}`, row) ?? id,
    name: textAt(table, Attr.name, row) ?? id,
    experiment: textAt(table, Attr.experiment, row) ?? "",
    status: textAt(table, Attr.status, row) ?? "",
    isDeleted: textAt(table, Attr.lifecycle, row) !== "active",
    isOurs: kind === "trial" || kind === "sweep",
  };
}

/** Why an act cannot be done with it; undefined where it can be tried. */
export function whyNot(act: ActName, { runs, of }: ActSubject): string | undefined {
  if (act === "tag" || act === "note") return runs.length === 0 ? "no run is selected" : undefined;
  if (act === "delete") return runs.some((run) => !run.isDeleted) ? undefined : "nothing that is not deleted";
  if (act === "restore") return runs.some((run) => run.isDeleted) ? undefined : "nothing is deleted (L shows what is)";
  if (of === undefined && runs.length !== 1) return runs.length === 0 ? "no run is selected" : "of one run alone";
  const run = runs[0];
  if (act === "rerun") return run?.isOurs ? undefined : "not made by disease exp run";
  if (act === "stop") return run?.status === "RUNNING" ? undefined : "it is not running";
  if (of === undefined) return run!.status === "FINISHED" ? undefined : `it is ${run!.status.toLowerCase()}`;
  const { stage, awaiting } = of.version;
  if (act === "promote" && stage === "Production") return "it is in Production";
  if (act === "demote" && stage !== "Production" && stage !== "Staging") return `it is in ${stage}`;
  if (act === "approve" && awaiting === null) return "it awaits no approval";
  return undefined;
}

/** Versions that a run was registered as. */
export function versionsOf(models: readonly ModelDetail[], runId: string): VersionSubject[] {
  return models.flatMap(({ name, versions }) =>
    versions.filter((version) => version.runId === runId).map((version) => ({ model: name, version })),
  );
}

export const refOf = ({ model, version }: VersionSubject): string => `${model}/${version.version}`;
export const shortId = (id: string): string => id.slice(0, 8);

/** The command of an act, with capitals where something is still to be said. */
export function template(act: ActName, { runs, of }: ActSubject): readonly string[] {
  const ids = runs.map(({ id }) => shortId(id));
  const ref = of === undefined ? "NAME/VERSION" : refOf(of);
  const name = of?.model ?? "NAME";
  switch (act) {
    case "promote":
      return [
        "models",
        "promote",
        ...(of ? [ref] : ["--run", ids[0] ?? "RUN"]),
        "--gate",
        "GATE",
        "--to",
        "Production",
      ];
    case "demote":
      return ["models", "demote", ref, ...(of?.version.stage === "Production" ? ["--confirm", name] : [])];
    case "rollback":
      return ["models", "rollback", name];
    case "approve":
      return ["models", "approve", ref];
    case "alias":
      return ["models", "alias", ref, "ALIAS"];
    case "tag":
      return ["runs", "tag", ...ids, "--set", "KEY=VALUE"];
    case "note":
      return ["runs", "note", ...ids, "--text", "TEXT"];
    case "rerun":
      return ["exp", "run", "FILE", "--set", "KEY=VALUE"];
    case "stop":
      return ["exp", "stop", shortId(runs[0]?.localId ?? "RUN")];
    case "delete":
      return ["runs", "delete", ...ids, "--yes"];
    case "restore":
      return ["runs", "restore", ...ids];
  }
}
