import { steps } from "../../src/preparation/index.ts";
import { stepContract } from "./step.contract.ts";

for (const [id, load] of Object.entries(steps)) stepContract(id, await load());
