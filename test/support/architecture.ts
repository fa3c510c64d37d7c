/** The house rules about who may import whom (docs/architecture.md), as a pure function over the files of src/. */
import { posix } from "node:path";
import { importsOf, type Token, tokens } from "./imports.ts";

export interface SourceFile {
  /** From the root of the repository, with "/": "src/core/hash.ts". */
  readonly path: string;
  readonly text: string;
}

const PURE = ["metrics", "statistics", "search", "preparation", "families", "gates", "ranking", "notes"];
const ADAPTERS = ["engines", "lake", "knowledge", "stores", "executors"];
const SERVICES = ["experiments", "registry", "serving", "monitoring", "reports", "deploy"];

/** Rooms (or single files of src/) and what each may import besides itself. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  ...each(["metrics", "statistics", "search", "notes", "board"], ["core"]),
  ...each(ADAPTERS, ["core"]),
  ...each(["preparation", "gates", "ranking"], ["core", "metrics", "statistics", "engines"]),
  families: ["core", "metrics", "statistics", "engines", "ranking"],
  ...each(SERVICES, ["core", ...PURE]),
  "app.ts": ["core", "app", "board", ...PURE, ...ADAPTERS, ...SERVICES],
  app: ["core", "board", ...PURE, ...ADAPTERS, ...SERVICES],
  "worker.ts": ["core", ...PURE, ...ADAPTERS, ...SERVICES],
  cli: ["core", "board", "app.ts"],
  tui: ["core", "board", "app.ts", "cli"],
  commands: ["core", "board", "app.ts", "cli", "tui"],
};

/** Packages that stand for an outside thing, and the room they are kept in. */
const KEPT_IN: Readonly<Record<string, string>> = {
  koffi: "engines",
  ink: "tui",
  react: "tui",
  "node:sqlite": "stores",
  "@duckdb/node-api": "lake",
  "mlflow-js-client": "stores",
  fastify: "serving",
  "prom-client": "serving",
  bullmq: "executors",
};

/** May import paths that are computed: they load what a user or the command line names. */
const MAY_COMPUTE_PATHS = ["app.ts", "app", "worker.ts", "cli"];
/** The command line, and the process that runs trials. (`bin/` lies outside src/.) */
const MAY_EXIT = ["cli", "worker.ts"];
const MOST_LINES = 400;
const MOST_FILES = 25;

/** One line a breach, "src/core/hash.ts:3 imports …: why not"; empty when the house is in order. */
export function breaches(files: readonly SourceFile[], longOnes: Readonly<Record<string, string>> = {}): string[] {
  const paths = new Set(files.map((file) => file.path));
  const graph = new Map<string, string[]>();
  const found = files.flatMap((file) => {
    const list = tokens(file.text);
    const targets: string[] = [];
    graph.set(file.path, targets);
    const lines = importsOf(list).flatMap(({ from, line }) => {
      const target = from?.startsWith(".") ? posix.join(posix.dirname(file.path), from) : undefined;
      if (target !== undefined && paths.has(target)) targets.push(target);
      const why =
        from === null
          ? whyNotComputed(file.path)
          : target
            ? whyNotFile(file.path, target)
            : whyNotPackage(file.path, from);
      return why === undefined ? [] : [`${file.path}:${line} imports ${JSON.stringify(from)}: ${why}`];
    });
    return [...lines, ...exits(file.path, list), ...tooLong(file, longOnes)];
  });
  return [...found, ...cycles(graph), ...crowds(files)];
}

function each(rooms: readonly string[], may: readonly string[]): Record<string, readonly string[]> {
  return Object.fromEntries(rooms.map((room) => [room, may]));
}

const roomOf = (path: string): string => path.split("/")[1];

function whyNotComputed(path: string): string | undefined {
  if (MAY_COMPUTE_PATHS.includes(roomOf(path))) return undefined;
  return `a computed path cannot be checked; only ${MAY_COMPUTE_PATHS.join(", ")} may have one`;
}

function whyNotFile(path: string, target: string): string | undefined {
  const room = roomOf(path);
  const may = MAY_IMPORT[room];
  if (may === undefined) return `${room} is not a room of the import table`;
  if (!target.startsWith("src/")) return target.endsWith(".json") ? undefined : "it lies outside src/";
  const other = roomOf(target);
  if (other === room || may.includes(other)) return undefined;
  return `${room} may import ${may.length === 0 ? "nothing of ours" : `only ${may.join(", ")}`}`;
}

function whyNotPackage(path: string, from: string): string | undefined {
  const name = Object.keys(KEPT_IN).find(
    (kept) => from === kept || from.startsWith(`${kept}/`) || from.startsWith(`${kept}-`),
  );
  if (name === undefined || roomOf(path) === KEPT_IN[name]) return undefined;
  return `${name} is kept in ${KEPT_IN[name]}`;
}

/** `process.exit` cuts off output and clean-up; only what owns a process may decide its end. */
function exits(path: string, list: readonly Token[]): string[] {
  if (MAY_EXIT.includes(roomOf(path))) return [];
  return list.flatMap((token, i) => {
    const words = [token, list[i + 1], list[i + 2]].map((part) => part?.text).join("");
    return token.kind === "word" && words === "process.exit"
      ? [`${path}:${token.line} calls process.exit: only ${MAY_EXIT.join(", ")} may`]
      : [];
  });
}

function tooLong(file: SourceFile, longOnes: Readonly<Record<string, string>>): string[] {
  const lines = file.text.trimEnd().split("\n").length;
  if (lines <= MOST_LINES || file.path in longOnes) return [];
  return [`${file.path} has ${lines} lines: at most ${MOST_LINES}, split it by topic`];
}

function crowds(files: readonly SourceFile[]): string[] {
  const counts = new Map<string, number>();
  for (const file of files) {
    const folder = posix.dirname(file.path);
    counts.set(folder, (counts.get(folder) ?? 0) + 1);
  }
  const crowded = [...counts].filter(([, count]) => count > MOST_FILES);
  return crowded.map(([folder, count]) => `${folder} has ${count} files: at most ${MOST_FILES}, make folders in it`);
}

/** One line for each file from which a way of imports leads back to it, in the order in which a search finds them. */
function cycles(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const found: string[] = [];
  const done = new Set<string>();
  const visit = (path: string, way: readonly string[]): void => {
    const from = way.indexOf(path);
    if (from >= 0) found.push(`import cycle: ${[...way.slice(from), path].join(" → ")}`);
    if (from >= 0 || done.has(path)) return;
    for (const next of graph.get(path) ?? []) visit(next, [...way, path]);
    done.add(path);
  };
  for (const path of graph.keys()) visit(path, []);
  return [...new Set(found)];
}
