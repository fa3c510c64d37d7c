import { type Block, type Card, count, gap, interval, number, type Section, text } from "./blocks.ts";
import { checklist, type ItemAnswer, summaryOf } from "./checklist.ts";
import { dataSection } from "./data-section.ts";
import type { CardInput } from "./input.ts";
import { limitsOf } from "./limits.ts";
import { factors, history, intendedUse, modelDetails } from "./model-sections.ts";
import { metricsSection, quantitative } from "./quality-sections.ts";

export interface BuiltCard {
  readonly card: Card;
  readonly checklist: readonly ItemAnswer[];
  /** "31 of 52 items filled; gaps: …" */
  readonly summary: string;
  readonly limits: readonly string[];
}

/**
 * The model card: sections as Mitchell et al. name them (Model cards for model reporting, FAT* 2019), then what became of the
 * model and the checklist of TRIPOD+AI. Says nothing that the input does not say.
 */
export function buildCard(input: CardInput): BuiltCard {
  const limits = limitsOf(input);
  const items = checklist(input, limits);
  const summary = summaryOf(items);
  const { registered, run } = input;
  const name = registered ? `${registered.name}, version ${registered.version}` : run.name;
  return {
    card: {
      title: `Model card: ${name}`,
      summary: [...abstract(input), `TRIPOD+AI: ${summary}.`],
      sections: [
        modelDetails(input),
        intendedUse(input),
        factors(input),
        metricsSection(input),
        dataSection(input),
        quantitative(input),
        ethics(input),
        caveats(input, limits),
        history(input),
        tripod(items, summary),
      ],
      footer: "Written by disease from the run's own records and what its facts file says.",
    },
    checklist: items,
    summary,
    limits,
  };
}

function abstract({ registered, run, family, data, split, experiment, gates, files }: CardInput): string[] {
  const what = family?.title ?? run.params.family ?? "A model";
  const rank = run.metrics.find(({ key }) => key === `val_${experiment?.rankMetric}`);
  const last = gates.findLast(({ outcome }) => outcome.part !== "validation")?.outcome;
  const target =
    experiment?.input === "cases" ? "ranks diseases for cases" : `predicts "${data?.target ?? "its target"}"`;
  const learned = split
    ? ` It learned from ${count(split.sizes.train, "row")}${data ? ` of ${data.source}` : ""}.`
    : "";
  return [
    `${what} ${target}${data && experiment?.input !== "cases" ? `, ${data.classes.length} classes` : ""}.${learned}`,
    ...(rank
      ? [
          `On validation its ${experiment!.rankMetric} is ${number(rank.value)} (interval ${interval(rank.low, rank.high)}).`,
        ]
      : []),
    last
      ? `On the test patients the gate ${last.gate} says: ${last.verdict}.`
      : "No gate's verdict on the test patients is kept.",
    registered
      ? `Stage ${registered.stage}; SHA-256 of its files ${files?.hash ?? registered.modelHash ?? "unknown"}.`
      : "It is not registered.",
  ];
}

function ethics({ declared, declaredAt }: CardInput): Section {
  const said = declared?.says.ethics;
  return {
    id: "ethical-considerations",
    title: "Ethical considerations",
    blocks: said
      ? [text(said)]
      : [
          gap(
            `ethics committee and consent, risks and what was done about them (ethics in ${declaredAt})`,
            "the principal investigator",
          ),
        ],
  };
}

function caveats({ declared }: CardInput, limits: readonly string[]): Section {
  const advice = declared?.says.recommendations ?? [];
  const blocks: Block[] = [{ kind: "list", items: limits }];
  if (advice.length > 0) blocks.push(text("Recommended:"), { kind: "list", items: advice });
  else blocks.push(gap("what users should do (recommendations in the facts file)", "a clinician of the field"));
  return { id: "caveats", title: "Caveats and recommendations", blocks };
}

function tripod(items: readonly ItemAnswer[], summary: string): Section {
  return {
    id: "tripod-ai",
    title: "TRIPOD+AI checklist",
    blocks: [
      text(
        `${summary}. Items in short words of our own; the checklist is that of Collins et al., BMJ 2024;385:e078378.`,
      ),
      {
        kind: "table",
        caption: "TRIPOD+AI, D: development, E: evaluation",
        columns: ["item", "of", "asks for", "status", "said", "where"].map((title) => ({ title })),
        rows: items.map(({ id, of, asks, status, text: said, where }) => [id, of, asks, status, said, where]),
      },
    ],
  };
}
