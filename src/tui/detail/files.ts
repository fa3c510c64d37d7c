/** A run's files: a tree, and in its place the file that is looked at. */
import type { RunFiles, RunReader } from "../../app.ts";
import { messageOf } from "../../core/errors.ts";
import { visible } from "../../core/formats/visible.ts";
import type { ActionId } from "../keys.ts";
import { fitPlain } from "../painter/text.ts";
import { firstSeen, moved } from "../panels/list.tsx";
import type { Shell } from "../screen.ts";
import { styled } from "../theme.ts";
import { type Resources, waitingLines } from "./resources.ts";
import { createScroller, documentOf, halfOf, type Tab } from "./tab.ts";
import { bytesText } from "./text.ts";
import { fileDocument, from, isImage } from "./viewer.ts";

type Entry = RunFiles["entries"][number];

/** Columns of a step sideways. */
const STEP = 8;

/** Those entries that are in no folder that is folded. */
export function unfolded(entries: readonly Entry[], folded: ReadonlySet<string>): Entry[] {
  const inside = (path: string): boolean => {
    for (let at = path.lastIndexOf("/"); at > 0; at = path.lastIndexOf("/", at - 1)) {
      if (folded.has(path.slice(0, at))) return true;
    }
    return false;
  };
  return entries.filter(({ path }) => !inside(path));
}

/** @param open opens a file of this machine with the system's program; false: there is none */
export function filesTab(
  shell: Shell,
  reader: RunReader,
  resources: Resources,
  runId: () => string,
  open: (file: string) => boolean,
): Tab {
  const scroller = createScroller();
  const folded = new Set<string>();
  let cursor = 0;
  let left = 0;
  let page = 1;
  let opened: Entry | undefined;

  const listed = () => resources.get(`files ${runId()}`, () => reader.files(runId()));
  function shown(): readonly Entry[] {
    const files = listed();
    return files.state === "ready" ? unfolded(files.value.entries, folded) : [];
  }
  const selected = (): Entry | undefined => opened ?? shown()[cursor];

  function tree(columns: number, rows: number): string[] {
    const { theme } = shell;
    const files = listed();
    if (files.state !== "ready") return waitingLines(theme, files);
    if (files.value.entries.length === 0) return ["The run keeps no files."];
    const entries = shown();
    cursor = Math.max(0, Math.min(cursor, entries.length - 1));
    page = Math.max(1, rows - 1);
    const first = firstSeen(cursor, entries.length, page);
    const lines = entries.slice(first, first + page).map((entry, i) => {
      const depth = entry.path.split("/").length - 1;
      const name = visible(entry.path.slice(entry.path.lastIndexOf("/") + 1));
      const sign = entry.isDirectory ? (folded.has(entry.path) ? "▸ " : "▾ ") : "  ";
      const size = entry.size === null ? "" : bytesText(entry.size);
      const text = `${"  ".repeat(depth)}${sign}${name}${entry.isDirectory ? "/" : ""}`;
      const wide = Math.max(10, Math.min(columns - 14, 70));
      const line = `${fitPlain(text, wide)} ${fitPlain(size, 10, "right")}`;
      return first + i === cursor ? styled(theme, "selected", `❯${line} `) : ` ${line}`;
    });
    const { more } = files.value;
    return [
      styled(
        theme,
        "dim",
        `Enter shows a file here, o opens it outside, y copies its path${more ? `; the first ${files.value.entries.length} files` : ""}`,
      ),
      ...lines,
    ];
  }

  function file(entry: Entry, rows: number): string[] {
    const { theme } = shell;
    const name = `${styled(theme, "strong", visible(entry.path))}${entry.size === null ? "" : styled(theme, "dim", `  ${bytesText(entry.size)}`)}`;
    if (isImage(entry.path)) {
      const place = resources.get(`place ${runId()} ${entry.path}`, () => reader.place(runId(), entry.path));
      const path = place.state === "ready" ? [visible(place.value)] : waitingLines(theme, place);
      return [
        name,
        "",
        "An image; terminals show none here.",
        ...path,
        "",
        styled(theme, "dim", "o opens it with the system's program, y copies its path."),
      ];
    }
    const head = resources.get(`file ${runId()} ${entry.path}`, async () =>
      fileDocument(theme, entry.path, await reader.head(runId(), entry.path, entry.size)),
    );
    const document = head.state === "ready" ? head.value : documentOf(waitingLines(theme, head));
    return [name, ...scroller.draw(document, rows - 1).map((line) => from(line, left))];
  }

  function enter(): void {
    const entry = shown()[cursor];
    if (entry === undefined || opened) return;
    if (!entry.isDirectory) {
      opened = entry;
      left = 0;
      scroller.reset();
    } else if (!folded.delete(entry.path)) folded.add(entry.path);
  }

  /** Keys do not wait for it. */
  async function outside(entry: Entry): Promise<void> {
    try {
      shell.tell(`opening ${visible(entry.path)} …`);
      const path = await reader.fetched(runId(), entry.path, entry.size);
      if (open(path)) shell.tell(`opened ${visible(path)}`, "good");
      else shell.tell(`no program opens files here: ${visible(path)}`, "warn");
    } catch (error) {
      shell.tell(messageOf(error), "bad");
    }
  }

  async function copy(entry: Entry): Promise<void> {
    try {
      const path = await reader.place(runId(), entry.path);
      shell.copy(path);
      shell.tell(`copied: ${visible(path)}`, "good");
    } catch (error) {
      shell.tell(messageOf(error), "bad");
    }
  }

  function act(action: ActionId): boolean {
    const entry = selected();
    if (action === "open") enter();
    else if (action === "open-outside") {
      if (entry && !entry.isDirectory) void outside(entry);
    } else if (action === "copy") {
      if (entry === undefined) return false;
      void copy(entry);
    } else if (opened) return inFile(action);
    else {
      const to = moved(cursor, shown().length, page, halfOf(action));
      if (to === undefined) return false;
      cursor = to;
    }
    return true;
  }

  function inFile(action: ActionId): boolean {
    if (action === "back") opened = undefined;
    else if (action === "right") left += STEP;
    else if (action === "left") left = Math.max(0, left - STEP);
    else return scroller.act(action);
    return true;
  }

  return {
    digit: 7,
    title: "Files",
    short: "Files",
    draw: ({ columns, rows }) => (opened ? file(opened, rows) : tree(columns, rows)),
    act,
    status: () => (opened ? scroller.status() : ""),
    reset() {
      opened = undefined;
      cursor = 0;
      left = 0;
      scroller.reset();
    },
  };
}
