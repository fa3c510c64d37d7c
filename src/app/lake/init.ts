import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Project, showPath } from "../project.ts";
import { lakeUri } from "./open.ts";

const ZONES = ["raw", "curated", "manifests", "ingests", "quarantine"];

const README = `# The data lake

\`disease lake add FILE\` takes files in; \`disease lake tables\` lists what came of them; \`disease lake --help\` has the rest.

| folder | what it holds |
| --- | --- |
| NAME.yaml | learning tables, as they are declared; the only files here that belong in git |
| raw/ | the original bytes of what was taken in, by their SHA-256 |
| curated/ | Parquet files by table; never changed, shared by versions |
| manifests/ | one file a version of a table |
| ingests/ | one file an ingest: its sources, tables and counts |
| quarantine/ | lines that could not be read, as they came (owner only) |
| predictions/ | what models in use were asked and answered |

These are patients' records: the folder is readable by its owner alone. Who else may read it is decided by its permissions.
`;

const IGNORED = [...ZONES, "predictions", ".tmp"].map((zone) => `/${zone}/\n`).join("");

export interface LakeInit {
  readonly uri: string;
  readonly created: readonly string[];
  readonly kept: readonly string[];
}

/** Makes the folders of a project's lake, with a README and what git shall ignore. What is there is kept. */
export function initLake(project: Project): LakeInit {
  const { uri, base } = lakeUri(project);
  const created: string[] = [];
  const kept: string[] = [];
  const isBucket = uri.startsWith("s3://");
  // Declarations of learning tables are always the project's.
  const root = isBucket ? join(project.root, "lake") : resolve(base, uri);
  const folder = (path: string): void => {
    if (existsSync(path)) kept.push(showPath(project, path));
    else {
      mkdirSync(path, { recursive: true, mode: 0o700 });
      created.push(showPath(project, path));
    }
  };
  const file = (path: string, text: string): void => {
    if (existsSync(path)) kept.push(showPath(project, path));
    else {
      writeFileSync(path, text);
      created.push(showPath(project, path));
    }
  };
  folder(root);
  if (!isBucket) for (const zone of ZONES) folder(join(root, zone));
  file(join(root, "README.md"), README);
  file(join(root, ".gitignore"), IGNORED);
  return { uri, created, kept };
}
