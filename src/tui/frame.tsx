import { Box, Text } from "ink";
import type { ReactNode } from "react";
import { bindingsOf, type Context, keySign } from "./keys.ts";
import type { Size } from "./terminal/session.ts";
import { styled, type Theme } from "./theme.ts";

export interface FrameProps {
  readonly size: Size;
  readonly theme: Theme;
  readonly header: string;
  readonly body: ReactNode;
  readonly panel: ReactNode;
  readonly panelRows: number;
  /** Whose keys the footer shows. */
  readonly context: Context;
}

/** Header, body, panel, a blank line for the status, footer: as many rows as the screen has. */
export function Frame({ size, theme, header, body, panel, panelRows, context }: FrameProps): ReactNode {
  return (
    <Box flexDirection="column" width={size.columns} height={size.rows} overflow="hidden">
      <Line text={header} />
      <Box flexDirection="column" flexGrow={1} flexShrink={1} overflow="hidden">
        {body}
      </Box>
      <Box flexDirection="column" height={panelRows} flexShrink={0} overflow="hidden">
        {panel}
      </Box>
      <Box height={1} flexShrink={0} />
      <Line text={footer(context, theme, size.columns)} />
    </Box>
  );
}

/** One row, cut at the right edge. */
export function Line({ text }: { readonly text: string }): ReactNode {
  return (
    <Box height={1} flexShrink={0} overflow="hidden">
      <Text wrap="truncate-end">{text}</Text>
    </Box>
  );
}

/** Keys and what they do, as many as fit; help and quit stay. */
function footer(context: Context, theme: Theme, width: number): string {
  const entries = bindingsOf(context).flatMap(({ keys, footer: label, context: home }) =>
    label === undefined ? [] : [{ key: keySign(keys[0]!), label, last: home === "global" }],
  );
  const wide = ({ key, label }: (typeof entries)[number]): number => key.length + label.length + 3;
  const ends = entries.filter(({ last }) => last);
  let left = width - ends.reduce((sum, entry) => sum + wide(entry), 0);
  const fitting = entries.filter((entry) => {
    if (entry.last) return false;
    left -= wide(entry);
    return left >= 0;
  });
  return [...fitting, ...ends].map(({ key, label }) => `${styled(theme, "key", key)} ${label}`).join("  ");
}
