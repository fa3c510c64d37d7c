import type { Strategy } from "../core/search.ts";
import { drawNew } from "./_draw.ts";

/** Bergstra and Bengio 2012, "Random search for hyper-parameter optimization". */
export const strategy: Strategy = {
  id: "random",
  title: "Random search",
  description: "Points drawn evenly from the space, none twice",
  kind: "sequence",
  suggest: drawNew,
};
