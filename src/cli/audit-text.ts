import type { AuditRecord } from "../app.ts";

/** What an act moved: stages and aliases, from and to; where it moved nothing, what it was asked for. */
export function changesOf({ stages, aliases, act, to }: AuditRecord): string {
  const moves = [
    ...Object.entries(stages).map(([version, [from, now]]) => `${version}: ${from} → ${now}`),
    ...Object.entries(aliases).map(([alias, [from, now]]) => `@${alias}: ${from ?? "–"} → ${now ?? "–"}`),
  ];
  if (moves.length > 0 || to === null) return moves.join(", ");
  return act === "await" || act === "review" ? `for ${to}` : `not to ${to}`;
}
