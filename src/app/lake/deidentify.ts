import { systemClock } from "../../core/clock.ts";
import { UserError } from "../../core/errors.ts";
import { createDeidentifier, type Deidentifier } from "../../lake/privacy/deidentify.ts";
import { type ColumnRole, ROLES } from "../../lake/privacy/roles.ts";
import type { Project } from "../project.ts";
import { projectKey } from "../project-key.ts";

/**
 * What takes identities out under a project's key.
 * @param given.ids columns of ids; the first is the patient's
 * @param given.columns "NAME=ROLE"
 * @throws UserError for a role that there is not
 */
export function openDeidentifier(
  { root }: Pick<Project, "root">,
  { ids = [], columns = [] }: { readonly ids?: readonly string[]; readonly columns?: readonly string[] },
): Deidentifier {
  const roles: Record<string, ColumnRole> = Object.fromEntries(ids.map((id, i) => [id, i === 0 ? "patient" : "id"]));
  for (const text of columns) {
    const at = text.lastIndexOf("=");
    const role = ROLES.find((one) => one === text.slice(at + 1));
    if (at < 1 || role === undefined) {
      throw new UserError(`not a column and its role: ${JSON.stringify(text)}`, {
        where: "--column",
        fix: `Write NAME=ROLE; a role is one of ${ROLES.join(", ")}.`,
      });
    }
    roles[text.slice(0, at)] = role;
  }
  return createDeidentifier({ key: projectKey(root), now: systemClock.now(), columns: roles });
}
