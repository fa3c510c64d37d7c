import { disease } from "./cli.ts";
import { makeProject, type TestProject } from "./project.ts";

const EXPERIMENT = `data: { path: data/patients.csv, target: disease }
charts: none
bootstrap: { resamples: 100 }
families: { baseline: {}, logistic: { C: [0.01, 0.1, 1] } }
`;

/** A project in which four trials of the experiment "skin" were run. @param gates the one rule of each, by name */
export async function skinProject(gates: Readonly<Record<string, string>>): Promise<TestProject> {
  const files = Object.entries(gates).map(([name, rule]) => [
    `experiments/gates/${name}.yaml`,
    `name: test\nrules:\n  - ${rule}\n`,
  ]);
  const project = makeProject({ "experiments/skin.yaml": EXPERIMENT, ...Object.fromEntries(files) });
  const { code, stderr } = await disease(["exp", "run", "skin"], { cwd: project.root });
  if (code !== 0) throw new Error(`the sweep ended with ${code}: ${stderr}`);
  return project;
}
