import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type BoardView, VIEW, VIEWS } from "../../board/view.ts";
import { messageOf, UserError } from "../../core/errors.ts";
import { suggestion } from "../../experiments/located.ts";
import type { Project } from "../project.ts";

/** Views that were saved in a project, by name: `.disease/views.json`, which may be shared. */
export interface SavedViews {
  /** @throws UserError when the file cannot be read */
  all(): Readonly<Record<string, BoardView>>;
  /** @throws UserError with the nearest name */
  load(name: string): BoardView;
  /** Writes the file whole or not at all, over a view of that name. */
  save(name: string, view: BoardView): void;
  remove(name: string): void;
}

export function savedViews(project: Pick<Project, "root">): SavedViews {
  const file = join(project.root, ".disease", "views.json");

  function all(): Readonly<Record<string, BoardView>> {
    if (!existsSync(file)) return {};
    const fix = "Mend it, or delete it: the board makes it anew.";
    let value: unknown;
    try {
      value = JSON.parse(readFileSync(file, "utf8"));
    } catch (error) {
      throw new UserError(`the saved views cannot be read: ${messageOf(error)}`, { where: file, fix });
    }
    const parsed = VIEWS.safeParse(value);
    if (parsed.success) return parsed.data.views;
    const { path, message } = parsed.error.issues[0]!;
    throw new UserError(`the saved views cannot be read: ${message}`, { where: `${file}, at ${path.join(".")}`, fix });
  }

  function write(views: Readonly<Record<string, BoardView>>): void {
    const temporary = `${file}.${process.pid}`;
    try {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(temporary, `${JSON.stringify({ version: 1, views }, null, 2)}\n`);
      renameSync(temporary, file);
    } catch (error) {
      rmSync(temporary, { force: true });
      throw new UserError(`the view cannot be saved: ${messageOf(error)}`, {
        where: file,
        fix: "Give yourself write permission for the project's folder.",
      });
    }
  }

  return {
    all,
    load(name) {
      const views = all();
      if (Object.hasOwn(views, name)) return views[name]!;
      throw new UserError(`no view "${name}"`, {
        where: file,
        fix: Object.keys(views).length > 0 ? suggestion(name, Object.keys(views)) : "Save one: --save-view NAME.",
      });
    },
    save(name, view) {
      if (!/^[\p{L}\p{N}][\p{L}\p{N} _.-]{0,99}$/u.test(name) || name === "__proto__") {
        throw new UserError("a view's name has letters, digits, spaces and _ . -", { where: JSON.stringify(name) });
      }
      write({ ...all(), [name]: VIEW.parse(view) });
    },
    remove(name) {
      const { [name]: gone, ...rest } = all();
      if (gone !== undefined) write(rest);
    },
  };
}
