import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Run, TrackingStore } from "../../src/core/store.ts";
import { openEmbeddedStore } from "../../src/stores/embedded/store.ts";

const shipped = join(import.meta.dirname, "..", "..", "data", "dermatology.csv");

/** 120 patients with six skin diseases, as CSV lines with a header. */
export function patients(rows = 120): string[] {
  return readFileSync(shipped, "utf8")
    .trimEnd()
    .split("\n")
    .slice(0, rows + 1);
}

/** A quick experiment on data/patients.csv. */
export const QUICK = `data: { path: data/patients.csv, target: disease }
charts: none
bootstrap: { resamples: 100 }
families: { baseline: {} }
`;

/** A project in a temporary folder; removed when the scope ends. */
export interface TestProject extends Disposable {
  readonly root: string;
  write(name: string, text: string | Uint8Array): string;
  /** Does something with the project's store, as our own code opens it. */
  reading<T>(action: (store: TrackingStore) => Promise<T>): Promise<T>;
  /** The runs of an experiment, oldest first. */
  runs(experiment: string): Promise<readonly Run[]>;
  /** What SQLite says of the database, and how many runs have each status. */
  state(): { readonly integrity: string; readonly statuses: Readonly<Record<string, number>> };
  copy(): TestProject;
}

export function makeProject(files: Readonly<Record<string, string | Uint8Array>> = {}): TestProject {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "disease-cli-")));
  const project = at(root);
  project.write("data/patients.csv", `${patients().join("\n")}\n`);
  project.write("experiments/quick.yaml", QUICK);
  for (const [name, text] of Object.entries(files)) project.write(name, text);
  return project;
}

function at(root: string): TestProject {
  const project: TestProject = {
    root,
    write(name, text) {
      const path = join(root, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
      return path;
    },
    async reading(action) {
      const store = openEmbeddedStore({ folder: join(root, "mlruns"), readOnly: true });
      try {
        return await action(store);
      } finally {
        store.close();
      }
    },
    runs: (name) =>
      project.reading(async (store) => {
        const experiment = await store.getExperimentByName(name);
        const page = await store.searchRuns({
          experimentIds: experiment ? [experiment.experimentId] : [],
          orderBy: ["attributes.start_time ASC"],
          columns: { metrics: "all", params: "all", tags: "all" },
        });
        return page.items;
      }),
    state() {
      const database = new DatabaseSync(join(root, "mlruns", "mlflow.db"));
      const integrity = database.prepare("PRAGMA integrity_check").get() as { integrity_check: string };
      const dangling = database.prepare("PRAGMA foreign_key_check").all().length;
      const rows = database.prepare("SELECT status, count(*) AS n FROM runs GROUP BY status").all();
      database.close();
      return {
        integrity: dangling === 0 ? integrity.integrity_check : `${dangling} dangling rows`,
        statuses: Object.fromEntries(rows.map(({ status, n }) => [String(status), Number(n)])),
      };
    },
    copy() {
      const folder = realpathSync(mkdtempSync(join(tmpdir(), "disease-cli-")));
      cpSync(root, folder, { recursive: true });
      return at(folder);
    },
    [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }),
  };
  return project;
}
