/** Colours by meaning. A theme says how each meaning looks; nothing else in the board names a colour. */

export const THEME_IDS = ["dark", "light", "colour-blind", "none"] as const;
export type ThemeId = (typeof THEME_IDS)[number];

/** What something means; styles of the foreground, but for `selected` and `bar`, which are of the whole cell. */
export type Meaning =
  | "dim"
  | "strong"
  | "accent"
  | "good"
  | "bad"
  | "warn"
  /** The best value of a column. */
  | "best"
  /** Tied with the best. */
  | "tied"
  | "head"
  /** A key in the footer and the help. */
  | "key"
  /** What a search found. */
  | "found"
  | "selected"
  | "bar";

/** Parameters of SGR, "1;38;5;81"; "" for the terminal's own look. */
export type Theme = Readonly<Record<Meaning, string>>;

const THEMES: Readonly<Record<ThemeId, Theme>> = {
  dark: {
    dim: "38;5;245",
    strong: "1",
    accent: "38;5;81",
    good: "38;5;114",
    bad: "38;5;210",
    warn: "38;5;221",
    best: "1;38;5;114",
    tied: "38;5;81",
    head: "1",
    key: "1;38;5;81",
    found: "4;38;5;221",
    selected: "48;5;238",
    bar: "48;5;236",
  },
  light: {
    dim: "38;5;242",
    strong: "1",
    accent: "38;5;25",
    good: "38;5;28",
    bad: "38;5;124",
    warn: "38;5;94",
    best: "1;38;5;28",
    tied: "38;5;25",
    head: "1",
    key: "1;38;5;25",
    found: "4;38;5;94",
    selected: "48;5;253",
    bar: "48;5;254",
  },
  // Okabe and Ito's colours, which people with each kind of colour blindness tell apart; no green against red.
  "colour-blind": {
    dim: "38;5;245",
    strong: "1",
    accent: "38;5;74",
    good: "38;5;74",
    bad: "38;5;208",
    warn: "38;5;221",
    best: "1;38;5;74",
    tied: "38;5;175",
    head: "1",
    key: "1;38;5;221",
    found: "4;38;5;221",
    selected: "48;5;238",
    bar: "48;5;236",
  },
  none: {
    dim: "",
    strong: "1",
    accent: "",
    good: "",
    bad: "",
    warn: "",
    best: "1",
    tied: "",
    head: "1",
    key: "1",
    found: "4",
    selected: "7",
    bar: "7",
  },
};

export const isTheme = (id: string): id is ThemeId => (THEME_IDS as readonly string[]).includes(id);

export const themeOf = (id: ThemeId): Theme => THEMES[id];

/** The theme that nobody chose: none by NO_COLOR, else by the background where the terminal says it. */
export function defaultTheme(env: NodeJS.ProcessEnv): ThemeId {
  if (env.NO_COLOR) return "none";
  const background = Number(env.COLORFGBG?.split(";").at(-1) || Number.NaN);
  return background === 7 || background === 15 ? "light" : "dark";
}

/** A text in the look of a meaning; what is around it keeps its background. */
export function styled(theme: Theme, meaning: Meaning, text: string): string {
  const style = theme[meaning];
  return style === "" ? text : `\x1b[${style}m${text}\x1b[${endOf(meaning)}m`;
}

/** Parameters of SGR that end a style, whatever the theme: intensity, underline, foreground; for whole cells all. */
function endOf(meaning: Meaning): string {
  return meaning === "selected" || meaning === "bar" ? "0" : "22;24;39";
}
