// Run by npm after `npm ci`: builds, and fetches the native engines. Plain JavaScript that an old Node can read.
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 13)) {
  console.error(
    `The build needs Node 22.13 or newer and found ${process.version}: no Node of our own came for ${process.platform} ${process.arch}. Install Node 24.`,
  );
  process.exit(1);
}
const run = (script) =>
  spawnSync(process.execPath, [join(root, "scripts", script)], { stdio: "inherit", cwd: root }).status;
if (run("build.ts") !== 0) process.exit(1);
run("engines.ts"); // says itself what is missing; everything else works without
