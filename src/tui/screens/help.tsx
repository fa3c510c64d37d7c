import { Text } from "ink";
import { bindingsOf, type Context, keySign } from "../keys.ts";
import type { Screen, Shell } from "../screen.ts";
import { styled, type Theme } from "../theme.ts";

/** Every key that counts where the help was asked for, by group, from the one table. */
export function helpScreen(shell: Shell, of: Context): Screen {
  let top = 0;
  const page = (): number => Math.max(1, shell.size.rows - 4);
  const lines = (): string[] => helpLines(of, shell.theme, shell.size.columns);
  const move = (by: number): void => {
    top = Math.max(0, Math.min(lines().length - page(), top + by));
    shell.render();
  };
  return {
    context: "help",
    header: () => `${styled(shell.theme, "strong", "Keys")} ${styled(shell.theme, "dim", "of this screen")}`,
    status: () => "",
    view: ({ rows }) => (
      <Text wrap="truncate-end">
        {lines()
          .slice(top, top + rows)
          .join("\n")}
      </Text>
    ),
    act(action) {
      if (action === "close" || action === "help") shell.pop();
      else if (action === "down") move(1);
      else if (action === "up") move(-1);
      else if (action === "page-down") move(page());
      else if (action === "page-up") move(-page());
      else return false;
      return true;
    },
    mouse({ kind }) {
      if (kind === "wheel-down") move(3);
      if (kind === "wheel-up") move(-3);
    },
  };
}

/** In two columns where there is room for them. */
function helpLines(context: Context, theme: Theme, width: number): string[] {
  const bindings = bindingsOf(context);
  const sections = [...new Set(bindings.map(({ group }) => group))].map((group) => {
    const own = bindings.filter((binding) => binding.group === group);
    const wide = Math.max(...own.map(({ keys }) => signs(keys).length));
    return [
      styled(theme, "accent", group),
      ...own.map(({ keys, help }) => `  ${styled(theme, "key", signs(keys).padEnd(wide))}  ${help}`),
      "",
    ];
  });
  if (width < 120) return sections.flat();
  const half = Math.ceil(sections.flat().length / 2);
  const left: string[] = [];
  while (sections.length > 0 && left.length < half) left.push(...sections.shift()!);
  const right = sections.flat();
  const column = Math.floor(width / 2);
  return Array.from({ length: Math.max(left.length, right.length) }, (_, i) => {
    const text = left[i] ?? "";
    return `${text}${" ".repeat(Math.max(1, column - plain(text).length))}${right[i] ?? ""}`;
  });
}

const signs = (keys: readonly string[]): string => keys.map(keySign).join(" ");
const plain = (text: string): string => text.replace(/\x1b\[[\d;]*m/g, "");
