/** Writes dist/: the package as it is published (`npm publish dist`), as JavaScript with types. */
import { execFileSync } from "node:child_process";
import { copyFileSync, cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const dist = join(root, "dist");
rmSync(dist, { recursive: true, force: true });
execFileSync("tsc", ["-p", join(root, "tsconfig.build.json")], {
  stdio: "inherit",
  shell: process.platform === "win32",
});
const { private: _, scripts: __, ...manifest } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const exports = { ".": { types: "./index.d.ts", default: "./index.js" } };
writeFileSync(join(dist, "package.json"), `${JSON.stringify({ ...manifest, exports }, null, 2)}\n`);
for (const name of ["README.md", "LICENSE"]) copyFileSync(join(root, name), join(dist, name));
cpSync(join(root, "docs"), join(dist, "docs"), { recursive: true });
