import type { Family } from "../../core/family.ts";
import { loadMethod, methodIds } from "../../ranking/methods.ts";
import { rankingParams } from "../schema.ts";

/** What an experiment file needs to know of a family; what fits it is a job's business. */
export type GridFamily = Pick<
  Family,
  "id" | "title" | "description" | "params" | "bases" | "knowsClasses" | "backend"
> & {
  readonly input?: Family["input"] | "cases";
};

/** Ways of ranking diseases for cases, as families of an experiment. */
export const rankingFamilies: Readonly<Record<string, () => Promise<GridFamily>>> = Object.fromEntries(
  methodIds.map((id) => [
    id,
    async (): Promise<GridFamily> => {
      const { title, description, params } = await loadMethod(id);
      return { id, title, description, params: params.extend(rankingParams.shape), input: "cases" };
    },
  ]),
);
