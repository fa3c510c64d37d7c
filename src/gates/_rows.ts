import { UserError } from "../core/errors.ts";
import type { RankedRows, Ranks, Scored } from "../core/metric.ts";

/** Some rows of a set of predictions, in their order. */
export function selectScored(scored: Scored, rows: ReadonlySet<number>): Scored {
  const k = scored.classes.length;
  return {
    ...scored,
    rows: rows.size,
    y: scored.y.filter((_, row) => rows.has(row)),
    proba: scored.proba.filter((_, at) => rows.has(Math.floor(at / k))),
    ...(scored.ranks && { ranks: selectRanks(scored.ranks, rows) }),
  };
}

function selectRanks({ newPatient, allAnnotations, trained, publications }: Ranks, rows: ReadonlySet<number>): Ranks {
  const of = <T extends Int32Array | Float32Array>(values: T): T => values.filter((_, row) => rows.has(row)) as T;
  const ranked = ({ rank, groupRank, answer, first, none }: RankedRows): RankedRows => ({
    ...{ rank: of(rank), groupRank: of(groupRank), answer: of(answer), first: of(first), none: of(none) },
  });
  return {
    newPatient: ranked(newPatient),
    allAnnotations: ranked(allAnnotations),
    trained: of(trained),
    publications: of(publications),
  };
}

/** @throws UserError when there is no such class */
export function classCode({ classes }: Scored, rule: string, name: string): number {
  const code = classes.indexOf(name);
  if (code >= 0) return code;
  throw new UserError(`${rule}: there is no class "${name}"`, {
    fix: `Classes: ${classes.slice(0, 20).join(", ")}${classes.length > 20 ? ", …" : ""}.`,
  });
}
