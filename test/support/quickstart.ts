import { readFileSync } from "node:fs";
import { join } from "node:path";
import { disease } from "./cli.ts";
import { makeProject, type TestProject } from "./project.ts";

const root = join(import.meta.dirname, "..", "..");

/** A project in which the shipped quickstart was run. @param seeds as --set writes them */
export async function quickstart(seeds: string): Promise<TestProject> {
  const project = makeProject({
    "data/dermatology.csv": readFileSync(join(root, "data", "dermatology.csv")),
    "experiments/quickstart.yaml": readFileSync(join(root, "experiments", "quickstart.yaml")),
  });
  const { code, stderr } = await disease(["exp", "run", "quickstart", "--set", `seeds=${seeds}`], {
    cwd: project.root,
  });
  if (code !== 0) throw new Error(`the sweep ended with ${code}: ${stderr}`);
  return project;
}
