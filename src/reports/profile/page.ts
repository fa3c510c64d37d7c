import { byChange } from "../../core/monitoring/monitor.ts";
import type { FeatureProfile } from "../../core/monitoring/profile.ts";
import { type Block, type Card, count, facts, number, type Section, some, text } from "../card/blocks.ts";
import { cardHtml } from "../card/html.ts";
import { driftChart } from "../monitor/charts.ts";
import type { ClassProfile, TableProfile } from "./table-profile.ts";

/** One HTML page that asks for nothing else. */
export const tableProfileHtml = (profile: TableProfile): string => cardHtml(pageOf(profile));

/** Features in the chart of drift. */
const CHARTED = 25;
/** Levels by name in a row of the table. */
const LEVELS = 6;

function pageOf(profile: TableProfile): Card {
  const { address, rows, classCount, features, drift } = profile;
  return {
    title: `Profile of ${address}`,
    summary: [
      `${count(rows, "patient")}, ${classCount} classes, ${count(features.length, "feature")}.`,
      ...(drift === null ? [] : [`Compared with ${drift.against}.`]),
    ],
    sections: [
      tableSection(profile),
      classesSection(profile),
      featuresSection(profile),
      ...(profile.classes.some((one) => one.features.length > 0) ? [byClassSection(profile)] : []),
      ...(drift === null ? [] : [driftSection(drift)]),
    ],
    footer: "Written by disease. What fewer than five patients have is pooled with the rest.",
  };
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const short = (value: number | null): string => (value === null ? "–" : String(Number(value.toPrecision(4))));

function table(caption: string, columns: readonly string[], rows: readonly (readonly string[])[]): Block {
  const heads = columns.map((title) =>
    title.startsWith("#") ? ({ title: title.slice(1), numeric: true } as const) : { title },
  );
  return { kind: "table", caption, columns: heads, rows };
}

function tableSection({ address, rows, target, group, groups, lineage, notices }: TableProfile): Section {
  const made = lineage.filter((entry) => entry.startsWith("lake"));
  const block = facts({
    table: address,
    patients: String(rows),
    target,
    "grouped by": group === null ? null : `${group} (${groups})`,
    "made of": made.join(", "),
  });
  const said: Block[] = notices.length === 0 ? [] : [{ kind: "list", items: notices }];
  return { id: "table", title: "Table", blocks: [block, ...said] };
}

function classesSection({ classes, rows, target }: TableProfile): Section {
  const shares = classes.map((one) => [one.name, String(one.rows), percent(one.rows / rows)]);
  return {
    id: "classes",
    title: "Classes",
    blocks: [table(`Patients by ${target}`, [target, "#patients", "#share"], shares)],
  };
}

/** What a feature's values are, in one cell. */
export function valuesOf(feature: FeatureProfile): string {
  if (feature.kind === "numeric") {
    if (feature.low === null) return feature.mean === null ? "too few to say" : `mean ${short(feature.mean)}`;
    return `${short(feature.low)} … ${short(feature.high)}, mean ${short(feature.mean)}`;
  }
  const known = feature.rows - feature.missing;
  const shares = feature.levels.map((level, i) => `${level} ${percent(feature.counts[i]! / Math.max(1, known))}`);
  const others = feature.other > 0 ? [`others ${percent(feature.other / Math.max(1, known))}`] : [];
  return some([...shares, ...others], LEVELS) || "too few to say";
}

function featuresSection({ features, cardinality }: TableProfile): Section {
  const rows = features.map((feature) => [
    feature.name,
    feature.kind,
    percent(feature.missing / Math.max(1, feature.rows)),
    cardinality[feature.name] === undefined ? "–" : String(cardinality[feature.name]),
    valuesOf(feature),
  ]);
  return {
    id: "features",
    title: "Features",
    blocks: [
      text(
        "Ranges are from the quantile 0.005 to 0.995, or further inside so that five patients lie beyond either end.",
      ),
      table("Features", ["feature", "kind", "#missing", "#different", "range or shares"], rows),
    ],
  };
}

function byClassSection({ features, classes }: TableProfile): Section {
  const shown = classes.filter((one) => one.features.length > 0);
  const cell = ({ features: own }: ClassProfile, name: string): string => {
    const feature = own.find((one) => one.name === name);
    return feature === undefined ? "–" : valuesOf(feature);
  };
  const rows = features.map(({ name }) => [name, ...shown.map((one) => cell(one, name))]);
  return {
    id: "by-class",
    title: "By class",
    blocks: [table("Ranges or shares by class", ["feature", ...shown.map(({ name }) => name)], rows)],
  };
}

function driftSection({ against, rows, features, added, removed }: NonNullable<TableProfile["drift"]>): Section {
  const sorted = byChange(features);
  const charted = sorted.slice(0, CHARTED);
  const cells = sorted.map((f) => [
    f.feature,
    number(f.psi),
    f.adjusted === null ? "–" : f.adjusted < 0.0001 ? "< 0.0001" : f.adjusted.toFixed(4),
    f.mean === null ? "–" : `${short(f.mean.reference)} → ${short(f.mean.current)}`,
    `${percent(f.missing.reference)} → ${percent(f.missing.current)}`,
  ]);
  return {
    id: "drift",
    title: "Drift",
    blocks: [
      facts({
        "held against": `${against}, ${count(rows, "patient")}`,
        "new columns": some(added),
        "columns that are gone": some(removed),
      }),
      text(
        "PSI is without what sampling gives by itself: 0 is no change, above 0.2 a great one. p is corrected for the number of features.",
      ),
      {
        kind: "figure",
        caption: "Features that changed most",
        svg: driftChart(charted),
        alt: `Bars of the PSI of ${count(charted.length, "feature")}; the numbers are in the table.`,
      },
      table("Features by change", ["feature", "#PSI", "#p, corrected", "#mean", "#missing"], cells),
    ],
  };
}
