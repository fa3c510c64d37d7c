import type { Notice } from "../../core/dataset.ts";
import { type Anonymity, type AnonymityOptions, anonymityOf } from "../../lake/privacy/anonymity.ts";
import type { Project } from "../project.ts";
import { openLake } from "./open.ts";

/** How well a table of a project's lake hides whose its rows are. */
export const lakeAnonymity = (
  project: Project,
  table: string,
  options: AnonymityOptions,
  notify: (notice: Notice) => void,
): Promise<Anonymity> => anonymityOf(openLake(project, { notify }), table, options);
