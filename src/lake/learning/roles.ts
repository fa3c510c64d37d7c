/** What the columns of a learning table are for: kept in its version's lineage, so that an experiment needs the address alone. */
import { z } from "zod";
import type { TableVersion } from "../../core/lake.ts";

const ROLES = z.object({
  target: z.string(),
  group: z.string(),
  columns: z.record(
    z.string(),
    z.object({
      role: z.enum(["feature", "ignore", "extra"]),
      type: z.literal("multilabel").optional(),
      separator: z.string().optional(),
    }),
  ),
});

export type LearningRoles = z.infer<typeof ROLES>;

const PREFIX = "columns ";

export const rolesEntry = (roles: LearningRoles): string => `${PREFIX}${JSON.stringify(roles)}`;

/** Undefined of what is no learning table. */
export function readRoles({ lineage }: Pick<TableVersion, "lineage">): LearningRoles | undefined {
  const entry = lineage.find((text) => text.startsWith(PREFIX));
  return entry === undefined ? undefined : ROLES.parse(JSON.parse(entry.slice(PREFIX.length)));
}
