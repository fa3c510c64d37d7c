import { Flags } from "@oclif/core";

/** Flags that several commands share. */
export const setFlag = Flags.string({
  description: "Override a value of the file; several values make a grid (repeatable)",
  env: "DISEASE_SET",
  helpValue: "KEY=VALUE",
  multiple: true,
  multipleNonGreedy: true,
  default: [],
});

/** The overrides of `--set`; from the environment oclif gives one text instead of a list. */
export function overridesOf(set: readonly string[] | string): readonly string[] {
  return [set].flat();
}

export const jobsFlag = Flags.integer({
  char: "j",
  description: "Trials at once; one a core when absent",
  env: "DISEASE_JOBS",
  min: 1,
  max: 1024,
});

export const liveFlag = Flags.boolean({
  description:
    "Show the sweep live in a terminal, and let it go on without it; --no-live: a line for each trial, in this process",
  env: "DISEASE_LIVE",
  default: true,
  allowNo: true,
});

export const memoryFlag = Flags.string({
  description:
    "Memory that may be used, e.g. 4GB: fewer trials run at once where the data are large; all of the machine when absent",
  env: "DISEASE_MEMORY",
  helpValue: "SIZE",
});

export const profileFlag = Flags.boolean({
  description: "Say where the time went, by phase and family; kept as metrics profile_* of the sweep's run",
  env: "DISEASE_PROFILE",
});

export const maxTrialsFlag = Flags.integer({
  description: "Refuse a grid that spans more trials (1000 when absent)",
  env: "DISEASE_MAX_TRIALS",
  min: 1,
});

/** How points are chosen and when a search ends: what `search:` says in an experiment file. */
export const searchFlags = {
  strategy: Flags.string({
    description: "How points are chosen: grid, random or tpe",
    env: "DISEASE_STRATEGY",
    helpGroup: "SEARCH",
  }),
  trials: Flags.integer({
    description: "Points at most, each run once a repeat",
    env: "DISEASE_TRIALS",
    helpGroup: "SEARCH",
    min: 1,
  }),
  time: Flags.string({
    description: "No trial starts later than this, e.g. 90s, 30m, 1h30m; running ones go on to their end",
    env: "DISEASE_TIME",
    helpGroup: "SEARCH",
  }),
  until: Flags.string({
    description: "End when a validation metric is reached, e.g. 'f1_macro>=0.8' or 'log_loss<=0.4'",
    env: "DISEASE_UNTIL",
    helpGroup: "SEARCH",
    helpValue: "METRIC>=X",
  }),
};

/** The search's flags as overrides of the file. */
export function searchOverrides(
  flags: Partial<Record<keyof typeof searchFlags, string | number | undefined>>,
): readonly string[] {
  const given = Object.keys(searchFlags) as (keyof typeof searchFlags)[];
  return given.flatMap((key) => (flags[key] === undefined ? [] : [`search.${key}=${flags[key]}`]));
}

const LOG_MODELS = ["all", "best", "none"] as const;
export type LogModels = (typeof LOG_MODELS)[number];

export const logModelsFlag = Flags.option({
  description: "Which models Python gets too, as MLflow models: every one, or the best of the leaderboard",
  env: "DISEASE_LOG_MODELS",
  options: LOG_MODELS,
  default: "best",
})();

export const trackingFlag = Flags.string({
  description: "MLflow server to mirror to, or sqlite:///PATH/mlflow.db; wins over disease.yaml",
  env: "MLFLOW_TRACKING_URI",
  helpValue: "URI",
});

export const filterFlag = Flags.string({
  char: "f",
  description: "Only runs that match, in MLflow's filter language",
  env: "DISEASE_FILTER",
});

export const formatFlags = {
  csv: Flags.boolean({ description: "Print CSV", env: "DISEASE_CSV", exclusive: ["md", "json"] }),
  md: Flags.boolean({ description: "Print Markdown", env: "DISEASE_MD", exclusive: ["csv", "json"] }),
};

export function formatOf(flags: { readonly csv?: boolean; readonly md?: boolean }): "table" | "csv" | "md" {
  return flags.csv ? "csv" : flags.md ? "md" : "table";
}

export const columnsFlag = Flags.string({
  description: "Columns, separated by commas: metric names, params.NAME, name, repeats, fit_seconds",
  env: "DISEASE_COLUMNS",
  helpValue: "A,B",
});

/** oclif would take the value of `--sort -f1_macro` for the flag -f: a space before it tells them apart. */
export function sortsFirst(argv: readonly string[]): string[] {
  return argv.map((word, i) => {
    if (argv[i - 1] === "--sort" && word.startsWith("-") && !word.startsWith("--")) return ` ${word}`;
    return word.replace(/^--sort=-/, "--sort= -");
  });
}
