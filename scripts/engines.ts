/** `node scripts/engines.ts`: fetches the native libraries. Exits 0 even when one cannot be had, so that installs go on. */
import { fetchEngines } from "../src/engines/fetch.ts";

for (const { title, version, state, problem, fix } of await fetchEngines()) {
  console.log(`${title} ${version}: ${state}${problem === undefined ? "" : `: ${problem}. ${fix}`}`);
}
