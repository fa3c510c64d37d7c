import { families } from "../../src/families/index.ts";
import { ensembleContract } from "./ensemble.contract.ts";
import { familyContract } from "./family.contract.ts";

/** Families that learn from other trials, with the params that make them different methods. */
const ENSEMBLES: Readonly<Record<string, readonly Record<string, unknown>[]>> = {
  ensemble: [{}, { method: "vote" }, { method: "vote", members: ["family-0", "family-0"] }, { method: "stack" }],
};

for (const [id, load] of Object.entries(families)) {
  if (!(id in ENSEMBLES)) familyContract(id, load);
  for (const params of ENSEMBLES[id] ?? []) ensembleContract(id, load, params);
}
