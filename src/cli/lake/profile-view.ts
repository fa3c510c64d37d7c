import { type TableProfile, valuesOf } from "../../app.ts";
import { byChange, isCertain } from "../../core/monitoring/monitor.ts";
import { renderTable } from "../table.ts";
import { cut, number, paint, visible } from "../text.ts";

/** Features of the drift that are shown. */
const DRIFTED = 10;

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** Prints a learning table's profile for a person. */
export function printTableProfile(profile: TableProfile, print: (line: string) => void): void {
  const { address, rows, target, group, groups, features, cardinality, classes, drift, notices } = profile;
  print(`${paint("strong", address)}  ${rows} patients${group === null ? "" : `, ${groups} of ${visible(group)}`}`);
  const shares = classes.map((one) => `${visible(one.name)} ${one.rows}`);
  print(`${visible(target)}: ${shares.join(", ")}`);
  print("");
  const columns = [
    { key: "name", title: "feature" },
    { key: "kind", title: "kind" },
    { key: "missing", title: "missing", align: "right" as const },
    { key: "different", title: "different", align: "right" as const },
    { key: "values", title: "range or shares" },
  ];
  const cells = features.map((feature) => ({
    name: visible(feature.name),
    kind: feature.kind,
    missing: percent(feature.missing / Math.max(1, feature.rows)),
    different: cardinality[feature.name] === undefined ? "" : String(cardinality[feature.name]),
    values: cut(visible(valuesOf(feature)), 70),
  }));
  print(renderTable({ columns, rows: cells }));
  for (const notice of notices) print(paint("dim", visible(notice)));
  if (drift === null) return;
  print("");
  print(`since ${drift.against}, ${drift.rows} patients`);
  for (const name of drift.added) print(`  + ${visible(name)}`);
  for (const name of drift.removed) print(`  - ${visible(name)}`);
  for (const feature of byChange(drift.features).slice(0, DRIFTED)) {
    const line = `  ${visible(feature.feature)}: PSI ${number(feature.psi ?? undefined)}, missing ${percent(feature.missing.reference)} → ${percent(feature.missing.current)}`;
    print(isCertain(feature) ? line : paint("dim", `${line} (may be chance)`));
  }
}
