// Run by npm after `npm ci`: puts our Node into node_modules/.bin, builds, and fetches the native engines. Plain JavaScript
// that an old Node can read.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { isNewEnough, ownNode } from "../bin/own-node.js";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const own = ownNode(root);
const node = own ?? (isNewEnough(process.versions.node) ? process.execPath : undefined);
if (node === undefined) {
  console.error(
    `disease needs Node 22.13 or newer; this is ${process.version}, and none came for ${process.platform} ${process.arch}. Install Node 24.`,
  );
  process.exit(1);
}
const link = join(root, "node_modules", ".bin", "node");
if (own !== undefined && process.platform !== "win32" && !existsSync(link)) {
  mkdirSync(dirname(link), { recursive: true }); // npm 9 and 10 leave it out
  symlinkSync(own, link);
}
const run = (script) => spawnSync(node, [join(root, "scripts", script)], { stdio: "inherit", cwd: root }).status;
if (run("build.ts") !== 0) process.exit(1);
run("engines.ts"); // says itself what is missing; everything else works without
