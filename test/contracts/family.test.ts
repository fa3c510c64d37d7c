import { families } from "../../src/families/index.ts";
import { familyContract } from "./family.contract.ts";

for (const [id, load] of Object.entries(families)) familyContract(id, load);
