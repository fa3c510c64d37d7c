import { UserError } from "../core/errors.ts";
import type { Strategy } from "../core/search.ts";
import { endless, pointsOf } from "./_space.ts";

export const strategy: Strategy = {
  id: "grid",
  title: "Grid",
  description: "Every combination of the values, in the order of the file; ranges need steps",
  kind: "list",
  points(space) {
    const without = endless(space);
    if (!without) return pointsOf(space);
    throw new UserError(`${without.key}: a grid cannot try every number of a range`, {
      fix: ["Give it a step (step: 0.1, or int: true), list its values,", "or search it: --strategy tpe --trials 50"],
    });
  },
};
