/** Joins the terminal, Ink and the painter: keys go to the top layer, rows of both go to one compositor. */
import { render as renderInk } from "ink";
import type { ReactNode } from "react";
import { Frame, type FrameProps } from "./frame.tsx";
import { actionOf, bindingsOf } from "./keys.ts";
import { createCompositor } from "./painter/compositor.ts";
import { fitRows, fitStyled } from "./painter/text.ts";
import type { Layer, Panel, Screen, Shell } from "./screen.ts";
import { helpScreen } from "./screens/help.tsx";
import type { InputEvent } from "./terminal/input.ts";
import { openSession, type Size } from "./terminal/session.ts";
import { createSink } from "./terminal/sink.ts";
import { styled, THEME_IDS, type ThemeId, themeOf } from "./theme.ts";

export interface ShellOptions {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream & { readonly fd: number };
  readonly theme: ThemeId;
  readonly mouse: boolean;
  /** Makes the first screen. */
  first(shell: Shell): Screen;
}

/** Smaller windows show a message alone. */
const LEAST: Size = { columns: 50, rows: 10 };
/** Rows of the frame that are not body: header, status, footer. */
const CHROME = 3;

/**
 * Runs the board until it is quit.
 * @returns the signal that ended it, null when a person did
 * @throws what a screen's components threw; the terminal is given back first
 */
export async function runShell(options: ShellOptions): Promise<NodeJS.Signals | null> {
  const { promise: ended, resolve, reject } = Promise.withResolvers<NodeJS.Signals | null>();
  let themeId = options.theme;
  const screens: Screen[] = [];
  const panels: Panel[] = [];
  let message = "";
  let drawn = false;
  let scheduled = false;
  let painting = false;
  let stale = true;
  /** What Ink's part was laid out for; "" where it has more in it than that. */
  let laidOut = "";

  const session = openSession({
    ...options,
    onInput: guarded(input),
    onRedraw: guarded(() => {
      compositor.invalidate();
      shell.render();
    }),
    onEnd: (signal) => finish(signal),
  });
  const compositor = createCompositor((text) => session.write(text));
  const sink = createSink(session.size, () => {
    if (!painting) shell.paint();
  });

  const shell: Shell = {
    get theme() {
      return themeOf(themeId);
    },
    get size() {
      return session.size();
    },
    render() {
      stale = true;
      shell.paint();
    },
    paint() {
      if (scheduled) return;
      scheduled = true;
      setImmediate(guarded(paint));
    },
    push(screen) {
      screens.push(screen);
      shell.render();
    },
    pop() {
      screens.pop()?.close?.();
      if (screens.length === 0) finish(null);
      else shell.render();
    },
    open(panel) {
      panels.push(panel);
      shell.render();
    },
    close(panel) {
      const at = panels.indexOf(panel);
      if (at >= 0) panels.splice(at, 1);
      shell.render();
    },
    tell(text, meaning = "dim") {
      message = styled(shell.theme, meaning, text);
      shell.paint();
    },
    copy: (text) => session.write(`\x1b]52;c;${Buffer.from(text).toString("base64")}\x07`),
    quit: () => finish(null),
    fail,
  };

  function guarded<T extends unknown[]>(action: (...args: T) => void): (...args: T) => void {
    return (...args) => {
      try {
        action(...args);
      } catch (error) {
        fail(error);
      }
    };
  }

  function fail(error: unknown): void {
    session.close();
    for (const screen of screens.splice(0)) screen.close?.();
    reject(error);
  }

  const top = (): Layer => panels.at(-1) ?? screens.at(-1)!;

  function input(events: readonly InputEvent[]): void {
    for (const event of events) {
      if (screens.length === 0) return;
      if (event.type === "mouse") mouse(event);
      else if (event.type === "paste") top().typed?.(event.text.replace(/\p{Cc}+/gu, " "));
      else {
        message = "";
        const action = actionOf(top().context, event.name);
        if (action === undefined) {
          if (event.text !== undefined) top().typed?.(event.text);
        } else if (top().act(action) === false || bindingsOf("global").some((b) => b.action === action)) act(action);
      }
    }
    shell.paint();
  }

  function act(action: ReturnType<typeof actionOf>): void {
    if (action === "quit") (screens[0]?.quit ?? shell.quit)();
    else if (action === "suspend") session.suspend();
    else if (action === "help") shell.push(helpScreen(shell, top().context));
    else if (action === "theme") {
      themeId = THEME_IDS[(THEME_IDS.indexOf(themeId) + 1) % THEME_IDS.length]!;
      shell.render();
      shell.tell(`theme: ${themeId}`);
    } else if (action === "redraw") {
      compositor.invalidate();
      shell.render();
    }
  }

  function mouse(event: Extract<InputEvent, { type: "mouse" }>): void {
    if (event.kind === "release") return; // layers take what is no press for the wheel
    const { rows } = session.size();
    const panelRows = heightOf(panels.at(-1));
    const panelTop = rows - 2 - panelRows;
    if (event.y >= panelTop && event.y < rows - 2) panels.at(-1)?.mouse?.(event, event.y - panelTop);
    else if (panels.length === 0 && event.y >= 1 && event.y < panelTop) screens.at(-1)!.mouse?.(event, event.y - 1);
  }

  function heightOf(panel: Panel | undefined): number {
    if (!panel) return 0;
    const size = session.size();
    return Math.max(0, Math.min(panel.height(size), size.rows - CHROME - 3));
  }

  function inkFrame(props: Omit<FrameProps, "body" | "panel">, body: ReactNode, panel: ReactNode): void {
    painting = true;
    ink.rerender(<Frame {...props} body={body} panel={panel} />);
    painting = false;
  }

  function paint(): void {
    scheduled = false;
    const size = session.size();
    const screen = screens.at(-1);
    if (!screen) return;
    if (size.columns < LEAST.columns || size.rows < LEAST.rows) {
      compositor.paint(tooSmall(size));
      stale = true;
      return;
    }
    const panel = panels.at(-1);
    const panelRows = heightOf(panel);
    const body = { columns: size.columns, rows: size.rows - CHROME - panelRows };
    if (stale) {
      stale = false;
      const props = {
        size,
        theme: shell.theme,
        panelRows,
        context: top().context,
        header: screen.header(size.columns),
      };
      const bodyView = screen.view?.(body);
      // Laying out and tokenizing the frame is most of what a sort costs; as a rule nothing of Ink's has changed.
      const key = panel || bodyView ? "" : JSON.stringify([props.size, themeId, props.context, props.header]);
      if (key === "" || key !== laidOut)
        inkFrame(props, bodyView, panel?.view({ columns: size.columns, rows: panelRows }));
      laidOut = key;
    }
    const rows = [...sink.rows()];
    const painted = screen.paint?.(body);
    painted?.rows.forEach((row, y) => {
      rows[1 + y] = row;
    });
    rows[size.rows - 2] = fitStyled(message || screen.status(size.columns), size.columns);
    const scroll = painted?.scroll;
    compositor.paint(rows, drawn && scroll ? { ...scroll, top: scroll.top + 1 } : undefined);
    drawn = true;
  }

  function finish(signal: NodeJS.Signals | null): void {
    session.close();
    for (const screen of screens.splice(0)) screen.close?.();
    resolve(signal);
  }

  const ink = renderInk(null, {
    stdout: sink.stream,
    stdin: options.stdin,
    // Every frame comes whole and at once; what is written of it is for the compositor to say.
    debug: true,
    interactive: false,
    patchConsole: false,
    exitOnCtrlC: false,
  });
  ink.waitUntilExit().catch(fail);
  try {
    shell.push(options.first(shell));
    return await ended;
  } finally {
    session.close();
    ink.unmount();
  }
}

function tooSmall({ columns, rows }: Size): string[] {
  const lines = [
    `The window is too small: ${columns}×${rows}.`,
    `The board needs ${LEAST.columns}×${LEAST.rows}.`,
    "q quits.",
  ];
  return fitRows(lines, { columns, rows });
}
