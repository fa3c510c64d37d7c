/** Answers for cases, as a person reads them. */
import type { CaseAnswer, EvaluationResult, RankedDisease, RankingQuality, ScoreId, Scores } from "../../app.ts";
import type { KnowledgeRelease } from "../../core/knowledge.ts";
import { renderTable, type TableFormat } from "../table.ts";
import { cut, paint, visible } from "../text.ts";

/** Terms that are shown of each kind. */
const MOST_TERMS = 4;

/** HPO 2025-01-16 · HPOA 2025-01-16 · Orphanet · e905c2bb */
export function releaseLine({ files, hash }: KnowledgeRelease): string {
  const names = {
    hpo: "HPO",
    hpoa: "HPOA",
    orphanet: "Orphanet",
    "orphanet-phenotypes": "Orphanet's phenotypes",
    "orphanet-prevalence": "prevalences",
    "orphanet-xref": "names",
  } as const;
  return [...files.map(({ what, version }) => `${names[what]} ${version}`.trim()), hash.slice(0, 8)].join(" · ");
}

export function printAnswer(answer: CaseAnswer, print: (line: string) => void): void {
  print(paint("strong", visible(answer.case)));
  for (const notice of answer.notices) print(`  ${paint("warn", "!")} ${visible(notice)}`);
  for (const one of answer.best) printDisease(one, print);
  if (answer.best.length === 0) print("  no answer");
  else if (answer.none !== undefined)
    print(`      ${share(answer.none).padStart(6)}  ${paint("dim", "none of these")}`);
}

/** One disease in a list: its place, and the strongest of what speaks for and against it. */
function printDisease(one: RankedDisease, print: (line: string) => void): void {
  print(
    `${String(one.rank).padStart(4)}  ${share(one.probability).padStart(6)}  ${paint("accent", one.id)} ${visible(one.name)}`,
  );
  const line = (text: string): void => print(`              ${text}`);
  const terms = (list: RankedDisease["for"]): string => {
    const names = list.slice(0, MOST_TERMS).map(({ name, factor }) => `${visible(name)} ${times(factor)}`);
    return `${names.join(", ")}${list.length > MOST_TERMS ? `, ${list.length - MOST_TERMS} more` : ""}`;
  };
  if (one.for.length > 0) line(`${paint("good", "+")} ${terms(one.for)}`);
  if (one.against.length > 0) line(`${paint("bad", "−")} ${terms(one.against)}`);
  for (const notice of one.notices) line(`${paint("warn", "!")} ${visible(notice)}`);
  line(paint("dim", [one.prevalence ?? "prevalence unknown", ...one.links].map(visible).join("  ")));
}

export function printExplanation(one: RankedDisease & { readonly case: string }, print: (line: string) => void): void {
  print(`${paint("accent", one.id)} ${paint("strong", visible(one.name))}`);
  print(
    Number.isFinite(one.score)
      ? `rank ${one.rank} for ${visible(one.case)}, probability ${share(one.probability)}, score ${one.score.toFixed(2)}`
      : `no answer for ${visible(one.case)}: nothing is known of its terms`,
  );
  print(`prevalence: ${visible(one.prevalence ?? "unknown")}`);
  if (one.inheritance.length > 0) print(`inheritance: ${one.inheritance.map(visible).join(", ")}`);
  for (const notice of one.notices) print(`${paint("warn", "!")} ${visible(notice)}`);
  for (const [title, list] of [
    ["Speaks for it", one.for],
    ["Speaks against it", one.against],
    ["Excluded, though most patients have it (not in the score)", one.lacking],
  ] as const) {
    if (list.length === 0) continue;
    print(`\n${paint("strong", title)}`);
    print(
      renderTable({
        columns: [
          { key: "id", title: "term" },
          { key: "name", title: "name" },
          { key: "factor", title: "factor", align: "right" },
          { key: "frequency", title: "in it", align: "right" },
          { key: "background", title: "in all", align: "right" },
        ],
        rows: list,
        show: (key, row) =>
          key === "factor"
            ? times(row.factor as number)
            : key === "frequency" || key === "background"
              ? share(row[key] as number)
              : visible(String(row[key])),
      }),
    );
  }
  print(`\n${one.links.map(visible).join("\n")}`);
}

const times = (factor: number): string => `×${factor >= 10 ? factor.toFixed(0) : factor.toPrecision(2)}`;
const share = (value: number): string => (value > 0 && value < 0.001 ? "<0.1 %" : `${(100 * value).toFixed(1)} %`);

const SCORES: readonly { readonly key: ScoreId; readonly title: string }[] = [
  { key: "top1", title: "top 1" },
  { key: "top3", title: "top 3" },
  { key: "top10", title: "top 10" },
  { key: "top50", title: "top 50" },
  { key: "mrr", title: "MRR" },
];

/** Both settings side by side: what looks good in (a) alone rests on the case's own paper. */
export function evaluationTable(result: EvaluationResult, format: TableFormat): string {
  const rows = [...rowsOf(result.all, "a"), ...rowsOf(result.leavePublicationOut, "b")];
  const intervals = { a: result.all.all, b: result.leavePublicationOut.all };
  return renderTable(
    {
      columns: [
        { key: "setting", title: "" },
        { key: "over", title: "over" },
        { key: "n", title: "n", align: "right" },
        ...SCORES.map(({ key, title }) => ({ key, title, align: "right" as const })),
      ],
      rows,
      show: (key, row) => {
        const value = row[key];
        if (typeof value !== "number" || key === "n") return visible(String(value));
        if (row.over !== "cases") return score(key, value);
        const { low, high } = intervals[row.setting as "a" | "b"][key as ScoreId];
        return `${score(key, value)} [${score(key, low)}, ${score(key, high)}]`;
      },
    },
    format,
  );
}

const score = (key: string, value: number): string => (key === "mrr" ? value.toFixed(3) : (100 * value).toFixed(1));

function rowsOf(quality: RankingQuality, setting: "a" | "b"): object[] {
  const { all } = quality;
  const row = (over: string, n: number, { top1, top3, top10, top50, mrr }: Scores): object => {
    return { setting, over, n, top1, top3, top10, top50, mrr };
  };
  const values = {
    top1: all.top1.value,
    top3: all.top3.value,
    top10: all.top10.value,
    top50: all.top50.value,
    mrr: all.mrr.value,
  };
  return [
    row("cases", quality.cases, values),
    row("cases, Orphanet's group", quality.cases, quality.group),
    row("diseases (macro)", quality.diseases, quality.byDisease),
    row("publications (macro)", quality.publications, quality.byPublication),
    ...quality.byTraining.map((stratum) => row(`${stratum.label} solved cases`, stratum.cases, stratum)),
  ];
}

/** A status line of how many are done, in a terminal alone. */
export function createCounter(
  stream: NodeJS.WriteStream,
  what: string,
): { tell(done: number, total: number): void; close(): void } {
  const live = stream.isTTY === true && !process.env.CI && process.env.TERM !== "dumb";
  let last = 0;
  return {
    tell(done, total) {
      if (!live || (done < total && done - last < Math.max(1, total / 200))) return;
      last = done;
      stream.write(`\r\x1b[K${cut(`${what} ${done} of ${total}`, Math.max(10, (stream.columns || 80) - 1))}`);
    },
    close() {
      if (live) stream.write("\r\x1b[K");
    },
  };
}
