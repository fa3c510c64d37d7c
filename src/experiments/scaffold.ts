import { copyFileSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { messageOf, UserError } from "../core/errors.ts";

const EXPERIMENT = `# yaml-language-server: $schema=schema/experiment.schema.json
# Which trials to run, on which data. \`disease exp plan experiments/first.yaml\` shows them; \`disease exp run …\` runs them.
name: first
data:
  path: data/dermatology.csv # CSV, TSV or Parquet, relative to the project
  target: disease # the column to predict
  # group: patient_id       # rows of one patient stay on one side of the split
  orphans: { max_rows: 25 } # diseases of so few rows are looked at on their own
split: { train: 0.7, validation: 0.2, test: 0.1, seed: 7 }
seeds: [1, 2, 3] # repeats: each draws train and validation anew; the test rows stay the same and unread
preparations:
  standard:
    - impute: { numeric: median, categorical: most_frequent }
    - scale
    - encode
families: # a list makes a grid
  baseline: {}
  logistic: { C: [0.1, 1, 10] }
  random-forest: { n_estimators: 200 }
  xgboost: { max_depth: [3, 6], learning_rate: 0.1 }
rank: { metric: f1_macro }
`;

const FILES: Readonly<Record<string, string>> = {
  "experiments/first.yaml": EXPERIMENT,
  "mlruns/README.md":
    "# mlruns\n\nThe tracking store of this project (MLflow's own format) and its artifacts. Not for git.\n",
  ".gitignore": "mlruns/*\n!mlruns/README.md\n",
};

/**
 * Lays out a project. Files that are there are kept.
 * @param shipped folder of this program that holds data/ and experiments/
 */
export function scaffold(root: string, shipped: string): { root: string; created: string[]; kept: string[] } {
  const created: string[] = [];
  const kept: string[] = [];
  const gates = ["quickstart", "clinical", "impossible"].map((name) => `experiments/gates/${name}.yaml`);
  const monitors = ["quickstart", "clinical"].map((name) => `experiments/monitors/${name}.yaml`);
  const schemas = ["experiment", "gate", "monitor", "card", "lake"].map(
    (name) => `experiments/schema/${name}.schema.json`,
  );
  const copies = ["data/dermatology.csv", ...gates, ...monitors, ...schemas];
  try {
    for (const name of [...Object.keys(FILES), ...copies]) {
      const path = join(root, name);
      if (existsSync(path)) {
        kept.push(name);
        continue;
      }
      mkdirSync(dirname(path), { recursive: true });
      if (name in FILES) writeFileSync(path, FILES[name]!);
      else copyFileSync(join(shipped, name), path);
      created.push(name);
    }
  } catch (error) {
    throw new UserError(`cannot write the project: ${messageOf(error)}`, {
      where: root,
      fix: "Choose a folder that you may write to.",
    });
  }
  return { root, created, kept };
}
