import { count, interval, number, some } from "./blocks.ts";
import type { Said } from "./declared.ts";
import type { CardInput } from "./input.ts";
import { TRIPOD, type TripodItem } from "./tripod.ts";

/** "part": the run says some of it, a person has to say the rest. */
export type ItemStatus = "filled" | "part" | "gap" | "not applicable";

export interface ItemAnswer extends TripodItem {
  readonly status: ItemStatus;
  readonly text: string;
  /** Where the run or the facts file says it; "" of a gap. */
  readonly where: string;
}

/** What the run says of an item. `rest`: what it cannot say, which leaves the item filled in part. */
interface Found {
  readonly text: string;
  readonly where: string;
  readonly rest?: string;
  readonly notApplicable?: true;
}

/** Every item with what is known, in the order of the checklist. */
export function checklist(input: CardInput, limits: readonly string[]): readonly ItemAnswer[] {
  const found: Readonly<Record<string, Found | undefined>> = {
    ...ofMethods(input),
    ...ofModel(input),
    ...ofResults(input, limits),
  };
  const said = declaredItems(input);
  return TRIPOD.map((item) => answer(item, found[item.id], said[item.id] ?? [], input.declared?.file ?? ""));
}

/** How many items are filled, and which are not. */
export function summaryOf(items: readonly ItemAnswer[]): string {
  const of = (status: ItemStatus): readonly ItemAnswer[] => items.filter((item) => item.status === status);
  const ids = (status: ItemStatus): string =>
    of(status)
      .map(({ id }) => id)
      .join(", ");
  const done = of("filled").length + of("not applicable").length;
  const skipped = of("not applicable").length > 0 ? ` (${of("not applicable").length} of them not applicable)` : "";
  const part = of("part").length > 0 ? `; in part: ${ids("part")}` : "";
  const gaps = of("gap").length > 0 ? `; gaps: ${ids("gap")}` : "";
  return `${done} of ${items.length} items filled${skipped}${part}${gaps}`;
}

function answer(item: TripodItem, found: Found | undefined, said: readonly Said[], file: string): ItemAnswer {
  const skipped = said.find((one) => typeof one !== "string");
  if (skipped !== undefined) return { ...item, status: "not applicable", text: skipped.not_applicable, where: file };
  const texts = said.filter((one) => typeof one === "string");
  if (found === undefined && texts.length === 0) {
    return { ...item, status: "gap", text: `To be said by ${item.who}.`, where: "" };
  }
  const isOpen = found?.rest !== undefined && texts.length === 0;
  const status = isOpen ? "part" : found?.notApplicable && texts.length === 0 ? "not applicable" : "filled";
  const open = isOpen ? [`To be said by ${item.who}: ${found.rest}.`] : [];
  return {
    ...item,
    status,
    text: [...(found ? [found.text] : []), ...texts, ...open].join(" "),
    where: [found?.where, texts.length > 0 ? file : undefined].filter(Boolean).join("; "),
  };
}

/** The facts file's own fields, and its list of items, by item. */
function declaredItems({ declared }: CardInput): Record<string, readonly Said[]> {
  if (declared === null) return {};
  const { intended_use: use, data, ethics, tripod = {} } = declared.says;
  const whole = use?.purpose && use.users && use.population ? [use.population, use.purpose, use.users] : [];
  const fields: Record<string, readonly (string | undefined)[]> = {
    "1": [use?.population && `For ${use.population}.`],
    "3b":
      whole.length === 0
        ? []
        : [`${whole.map(sentence).join(" ")}${use?.care_pathway ? ` ${sentence(use.care_pathway)}` : ""}`],
    "5a": [data?.origin],
    "5b": [data?.collected],
    "6a": [data?.setting],
    "6b": [data?.eligibility],
    "17": [ethics],
    "18e": [data?.licence],
    "22": [declared.says.licence && `Terms of use: ${declared.says.licence}`],
  };
  return Object.fromEntries(
    TRIPOD.map(({ id }) => {
      const own: Said[] = (fields[id] ?? []).filter((one): one is string => !!one).map(sentence);
      const item = (tripod as Readonly<Record<string, Said | undefined>>)[id];
      return [id, item === undefined ? own : [...own, typeof item === "string" ? sentence(item) : item]];
    }),
  );
}

const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);

const DATA_SECTION = "data.json of the sweep";

function ofMethods(input: CardInput): Record<string, Found | undefined> {
  const { data, split, trial, experiment, run, search, family, registered } = input;
  const cases = experiment?.input === "cases";
  const title = family?.title ?? run.params.family ?? "model";
  const what = data && (cases ? "the disease of a case" : `"${data.target}"`);
  const steps = trial?.preparation.steps ?? [];
  const stepsText = steps.map(({ id }) => id).join(" > ") || "none";
  const impute = steps.find(({ id }) => id === "impute");
  const sizes = split?.sizes;
  const left = experiment ? [...experiment.ignored, ...experiment.extra] : [];
  const use = input.declared?.says.intended_use;
  return {
    "1": data
      ? {
          text: `Development of a diagnostic model (${title}) for ${what}, ${cases ? "by ranking" : `${data.classes.length} classes`}.`,
          where: "config/trial.json",
          rest: "the population that it is for",
        }
      : undefined,
    "2": {
      text: "The summary at the top of this card.",
      where: "this card",
      rest: "an abstract with background and interpretation",
    },
    "3b": use?.purpose
      ? { text: sentence(use.purpose), where: input.declared!.file, rest: "users and population" }
      : undefined,
    "4": experiment
      ? {
          text: `Development with internal validation.${experiment.description ? ` ${sentence(experiment.description)}` : ""}`,
          where: "config/experiment.yaml",
        }
      : undefined,
    "5a": data
      ? {
          text: `${count(data.rows, "row")} of ${data.source}, the same file for development and evaluation.`,
          where: DATA_SECTION,
          rest: "who these patients are, why they were chosen, whom they represent",
        }
      : undefined,
    "7": trial
      ? {
          text: `${cases ? "Terms that the ontology does not know are left out" : `Steps: ${stepsText}`}; fitted on training rows only and alike for all patients. ${count(data?.notices.length ?? 0, "notice")} on reading the data.`,
          where: "config/trial.json, data.json of the sweep",
        }
      : undefined,
    "8a": data
      ? {
          text: `Outcome: ${what}; classes: ${cases ? `${count(data.classes.length, "disease")} among solved cases` : some(data.classes)}.`,
          where: DATA_SECTION,
          rest: "how and when the diagnosis was made, and why this outcome",
        }
      : undefined,
    "9a":
      data && experiment
        ? {
            text: `${count(data.columns.length, "column")}: all of the file${left.length > 0 ? ` but ${some(left)}` : ""}; ${steps.some(({ id }) => id === "select") ? "the step select chose among them by training rows" : "none was selected beforehand"}.`,
            where: "config/experiment.yaml, data.json of the sweep",
          }
        : undefined,
    "9b": data
      ? {
          text: `${count(data.columns.length, "predictor")}, named with their kinds under "Factors".`,
          where: DATA_SECTION,
          rest: "how and when each was measured",
        }
      : undefined,
    "10": sizes
      ? {
          text: `${sizes.train} training, ${sizes.validation} validation and ${sizes.test} test rows: all that the file has, divided by "${split.report.method}".`,
          where: "split.json",
          rest: "whether they are enough",
        }
      : undefined,
    "11": trial
      ? {
          text: `${
            impute
              ? `Imputed (${Object.entries(impute.params)
                  .filter(([key]) => ["numeric", "categorical", "boolean", "multilabel", "indicator"].includes(key))
                  .map(([key, value]) => `${key}: ${String(value)}`)
                  .join(", ")}), fitted on training rows`
              : cases
                ? "A term that is not given counts as not looked for"
                : "Not imputed: the model takes missing values as they are"
          }. ${count(split?.report.droppedRows ?? 0, "row")} left out as identical.`,
          where: "config/trial.json, split.json",
        }
      : undefined,
    "12a": split
      ? {
          text: `${sentence(split.report.method)} Chosen by validation; test rows are read by gates alone.`,
          where: "split.json",
        }
      : undefined,
    "12b": trial
      ? {
          text: cases ? "Terms are matched through the ontology, not as columns." : `Steps: ${stepsText}.`,
          where: "config/trial.json",
        }
      : undefined,
    "12c":
      search && experiment
        ? {
            text: `${title}${family ? `: ${sentence(family.description)}` : "."} ${search.strategy} search over ${count(search.trials, "trial")}, ${experiment.folds ? `${experiment.folds}-fold cross-validation` : "hold-out validation"}, repeats by seeds ${experiment.seeds.join(", ")}; ranked by ${experiment.rankMetric}.`,
            where: "config/experiment.yaml, config/trial.json, tags of the sweep",
          }
        : undefined,
    "12d": experiment?.group
      ? {
          text: `Rows of one "${experiment.group}" stay on one side of the split, and intervals are drawn by it.`,
          where: "split.json",
          rest: "differences between centres",
        }
      : undefined,
    "12e": experiment
      ? {
          text: `Discrimination, calibration and losses under "Metrics"; ${Math.round(100 * experiment.bootstrap.level)} % bootstrap intervals of ${experiment.bootstrap.resamples} draws; configurations compared by a paired bootstrap.`,
          where: "metrics of the run",
        }
      : undefined,
    "12f": updating(input),
    "12g": {
      text: `By the saved model itself${registered ? ` (models:/${registered.name}/${registered.version})` : ""}: disease predict or serve, or mlflow.pyfunc.`,
      where: "model/",
    },
  };
}

function updating({ trial, experiment }: CardInput): Found | undefined {
  if (trial === null) return undefined;
  const prior =
    trial.prior === "none"
      ? ""
      : ` Probabilities were corrected to the prior ${typeof trial.prior === "string" ? trial.prior : "that was named"}.`;
  if (experiment?.input !== "cases" && trial.calibrate !== "none") {
    return { text: `Recalibrated by ${trial.calibrate} on validation rows.${prior}`, where: "config/trial.json" };
  }
  return {
    text: `The model was not updated after its evaluation.${prior}`,
    where: "config/trial.json",
    notApplicable: true,
  };
}

function ofModel(input: CardInput): Record<string, Found | undefined> {
  const { trial, experiment, facts, gates, data, run } = input;
  const cases = experiment?.input === "cases";
  const fair = gates.flatMap(({ outcome }) => outcome.rules.filter(({ rule }) => rule.startsWith("subgroup ")));
  const { code, git } = { code: facts?.disease, git: facts?.git };
  return {
    "13":
      trial && !cases
        ? {
            text: `class_weight ${trial.classWeight}, resample ${trial.resample}; calibrate ${trial.calibrate}, prior ${typeof trial.prior === "string" ? trial.prior : "by class"}.`,
            where: "config/trial.json",
          }
        : trial
          ? {
              text: "Diseases are ranked; there are no classes that were drawn or weighed.",
              where: "config/trial.json",
              notApplicable: true,
            }
          : undefined,
    "14":
      fair.length > 0
        ? { text: `The gate asks: ${some(fair.map(({ rule, verdict }) => `${rule} (${verdict})`))}.`, where: "audit/" }
        : undefined,
    "15": trial
      ? {
          text: cases
            ? "A ranking of diseases with probabilities, and that of none of these. No threshold."
            : "A probability for each class; the most probable one is the answer. No threshold was chosen.",
          where: "model/",
        }
      : undefined,
    "16": experiment
      ? experiment.predefinedSplit
        ? { text: "The split was given in a file.", where: "config/experiment.yaml", rest: "how the parts differ" }
        : { text: "None by design: the parts were drawn at random from one file.", where: "split.json" }
      : undefined,
    "18e": data
      ? {
          text: `The data are ${data.source}, SHA-256 ${data.hash.slice(0, 12)}.`,
          where: DATA_SECTION,
          rest: "terms and place of access",
        }
      : undefined,
    "18f": code
      ? {
          text: `disease ${code.version}, code version ${code.codeVersion}${git ? `, project commit ${git.commit.slice(0, 12)}` : ""}.`,
          where: "facts.json",
          rest: "where the code can be had",
        }
      : undefined,
    "22": {
      text: `The model's files are kept with run ${run.id}.${input.files ? ` ${count(input.files.names.length, "file")}, SHA-256 ${input.files.hash}.` : ""}`,
      where: "model/",
      rest: "terms of use",
    },
  };
}

function ofResults(input: CardInput, limits: readonly string[]): Record<string, Found | undefined> {
  const { split, data, missing, judged, run, experiment, subgroups } = input;
  const sizes = split?.sizes;
  const flow = sizes && data && split;
  const rank = run.metrics.find(({ key }) => key === `val_${experiment?.rankMetric}`);
  const update = updating(input);
  return {
    "20a": flow
      ? {
          text: `${data.rows} rows read, ${split.report.droppedRows} left out as identical; ${sizes.train} training, ${sizes.validation} validation, ${sizes.test} test. By class under "Training and evaluation data".`,
          where: "split.json",
        }
      : undefined,
    "20b": data
      ? {
          text: `${count(data.columns.length, "column")} by kind${missing ? ", missing values by column" : ""} under "Factors".`,
          where: DATA_SECTION,
          rest: `demography${missing ? "" : ", missing values"} and differences between groups`,
        }
      : undefined,
    "20c": flow
      ? {
          text: `Outcome by part under "Training and evaluation data".`,
          where: "split.json",
          rest: "predictors and demography by part",
        }
      : undefined,
    "21": flow ? { text: `By part and class under "Training and evaluation data".`, where: "split.json" } : undefined,
    "23a": rank
      ? {
          text: `${experiment!.rankMetric} on validation ${number(rank.value)} (${interval(rank.low, rank.high)})${judged ? `, ${count(judged.rows, "row")}` : ""}; all others, by class and by gate, under "Quantitative analyses".`,
          where: "metrics and predictions of the run",
          ...(subgroups.groups.length === 0 && { rest: "key subgroups" }),
        }
      : undefined,
    "24": update?.notApplicable
      ? update
      : update && { ...update, text: `${update.text} Figures of this card are those after it.` },
    "26": {
      text: `${count(limits.length, "limit")} under "Caveats and recommendations".`,
      where: "this card",
      rest: "what they do to bias and use elsewhere",
    },
    "27a": input.trial
      ? {
          text: "Missing values are handled as in training; categories that training has not seen count as none of the known ones; a missing column is refused.",
          where: "model/",
          rest: "what users should do",
        }
      : undefined,
  };
}
