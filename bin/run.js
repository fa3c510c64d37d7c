#!/usr/bin/env node
// Plain JavaScript that an old Node can read: hands over to the Node that came with `npm ci` where this one is too old.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import * as module from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { isNewEnough, ownNode } from "./own-node.js";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

if (!isNewEnough(process.versions.node)) {
  const node = ownNode(root);
  if (node === undefined) {
    console.error(
      `disease needs Node 22.13 or newer; this is ${process.version}. Run npm ci in ${root}: it brings its own.`,
    );
    process.exit(2);
  }
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => process.exit(signal ? 130 : (code ?? 1)));
} else if (!existsSync(join(root, "dist", "worker.js"))) {
  console.error(`disease is not built. Run npm ci (or npm run build) in ${root}.`);
  process.exit(2);
} else {
  module.enableCompileCache?.();
  const { execute } = await import("../dist/cli/main.js");
  // Not awaited: when the reader of a pipe leaves early its promise never settles, and Node would warn of that.
  execute({ dir: import.meta.url });
}
