import { type PatientCase, paperOf } from "../../core/cases.ts";
import type { CategoricalColumn, Dataset, MultilabelColumn, Notice } from "../../core/dataset.ts";
import { hashJson } from "../../core/hash.ts";

/**
 * Solved cases as a table: a row a case with its terms, sex and age, its first diagnosis as target and its publication as group (a
 * case of none is a group by itself), so that splits, gates and records treat cases as they treat other patients.
 * @param cases each with a diagnosis; row i is case i
 */
export function caseDataset(cases: readonly PatientCase[], source: string, notices: readonly Notice[] = []): Dataset {
  const diseases = categories("disease", (one) => one.diagnoses[0]!.id);
  return {
    name: source.replace(/^.*[\\/]/, "").replace(/\.(zip|json)$/i, ""),
    source,
    // Where a case was read says nothing about it.
    hash: hashJson(cases.map(({ source: _, ...one }) => one)),
    frame: {
      rows: cases.length,
      columns: [
        terms("terms", (one) => one.present),
        terms("excluded", (one) => one.excluded),
        categories("sex", ({ sex }) => sex),
        {
          kind: "numeric",
          name: "age",
          values: Float64Array.from(cases, ({ age }) => age ?? Number.NaN),
        },
      ],
    },
    target: { name: "disease", classes: diseases.levels, codes: diseases.codes },
    group: categories("publication", paperOf),
    extra: [],
    notices,
  };

  function categories(name: string, of: (one: PatientCase) => string): CategoricalColumn {
    const levels = [...new Set(cases.map(of))].sort();
    const codes = new Map(levels.map((level, code) => [level, code]));
    return { kind: "categorical", name, levels, codes: Int32Array.from(cases, (one) => codes.get(of(one))!) };
  }

  function terms(name: string, of: (one: PatientCase) => PatientCase["present"]): MultilabelColumn {
    const levels = [...new Set(cases.flatMap((one) => of(one).map(({ id }) => id)))].sort();
    const codes = new Map(levels.map((level, code) => [level, code]));
    const rows = cases.map((one) => [...new Set(of(one).map(({ id }) => codes.get(id)!))].sort((a, b) => a - b));
    const offsets = new Uint32Array(cases.length + 1);
    rows.forEach((row, i) => {
      offsets[i + 1] = offsets[i]! + row.length;
    });
    return {
      ...{ kind: "multilabel", name, levels, offsets },
      codes: Int32Array.from(rows.flat()),
      missing: new Uint8Array(cases.length),
    };
  }
}
