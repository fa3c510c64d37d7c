import { join } from "node:path";
import { openEmbeddedStore } from "../../src/stores/embedded/store.ts";
import { describeStore } from "../contracts/store.contract.ts";
import { temporaryFolder } from "./support.ts";

describeStore("the embedded store", async () => openEmbeddedStore({ folder: join(temporaryFolder(), "mlruns") }));
