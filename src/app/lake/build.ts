import { VERSION } from "../../core/build.ts";
import type { Notice } from "../../core/dataset.ts";
import { type BuildOptions, type BuildResult, buildTable } from "../../lake/learning/build.ts";
import type { Project } from "../project.ts";
import { loadDeclaration } from "./declared.ts";
import { openLake } from "./open.ts";

export interface BuildRequest extends Pick<BuildOptions, "dryRun" | "check" | "signal"> {
  /** As DuckDB writes it, "2GB". */
  readonly memory?: string;
  readonly threads?: number;
}

/** Builds the learning table that lake/NAME.yaml declares. */
export async function buildLearningTable(
  project: Project,
  name: string,
  { memory, threads, ...options }: BuildRequest,
  notify: (notice: Notice) => void,
): Promise<BuildResult> {
  const declared = loadDeclaration(project, name);
  const lake = openLake(project, { notify, memory, threads });
  return buildTable(lake, declared, { ...options, program: VERSION, notify });
}
