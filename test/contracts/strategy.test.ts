import { strategies } from "../../src/search/index.ts";
import { strategyContract } from "./strategy.contract.ts";

for (const [id, load] of Object.entries(strategies)) strategyContract(id, await load());
