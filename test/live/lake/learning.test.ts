import { expect, test } from "vitest";
import { UserError } from "../../../src/core/errors.ts";
import { testLake } from "../../support/lake.ts";
import { addTables, buildOf } from "../../support/learning.ts";

/** Two patients who will be ill, two who will not; the index is 1 February 2010, at noon where a visit says so. */
const RECORD = {
  patients: [
    "id,sex,birth_date,deceased,death",
    "p1,female,1950-01-31,false,",
    "p2,male,1960-05-05,true,2015-01-01 10:00:00",
    "p3,male,1970-01-01,false,",
    "p4,female,1980-01-01,false,",
  ],
  encounters: [
    "id,patient,class,started,ended",
    "e1,p1,AMB,2009-01-01 08:00:00,2009-01-01 09:00:00",
    "e2,p2,AMB,2009-01-05 08:00:00,2009-01-05 09:00:00",
    "e3,p3,EMER,2009-12-01 08:00:00,2009-12-01 09:00:00",
    "e4,p4,AMB,2009-06-01 08:00:00,2009-06-01 09:00:00",
    "e5,p4,AMB,2012-06-01 08:00:00,2012-06-01 09:00:00",
  ],
  conditions: [
    "id,patient,system,code,onset,recorded,abatement",
    "c1,p1,http://snomed.info/sct,38341003,2010-06-01,2010-06-01,",
    "c2,p2,http://snomed.info/sct,38341003,2011-01-01,2011-01-01,",
    "c3,p1,http://snomed.info/sct,40055000,2005-06-01,2005-06-01,2011-01-01",
    "c4,p3,http://hl7.org/fhir/sid/icd-10,I10.9,2004-01-01,2004-01-01,2005-01-01",
  ],
  observations: [
    "id,patient,code,value,unit,time",
    "o1,p1,39156-5,30,kg/m2,2008-02-01 00:00:00",
    "o2,p1,39156-5,32,kg/m2,2009-02-01 00:00:00",
    "o3,p2,39156-5,20,kg/m2,2009-02-01 00:00:00",
  ],
} as const;

const FEATURES = `
features:
  age: {age: years}
  sex: {patient: sex}
  had: {labels: {table: conditions, min_patients: 1}}
  visits: {count: {table: encounters}}
  since: {days_since: {table: encounters}}
  bmi: {value: {codes: [39156-5], take: [last, mean, min, max, slope, count]}}
`;
const DATE = `
index: {date: 2010-02-01}
label: {codes: {snomed: [38341003]}}
${FEATURES}`;

async function refusal(promise: Promise<unknown>): Promise<UserError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

test("a row a patient: the label, and what was known before the index", async () => {
  using place = testLake();
  await addTables(place, RECORD);
  const { result, patients } = await buildOf(place, DATE);
  expect(result).toMatchObject({
    address: "lake://t@v1",
    isNew: true,
    rows: 4,
    classes: { no: 2, yes: 2 },
    excluded: {},
    checked: true,
  });
  expect(patients.p1).toMatchObject({
    ...{ age: 60, sex: "female", had: "40055000", visits: 1, since: 395, label: "yes" },
    ...{ bmi_last: 32, bmi_mean: 31, bmi_min: 30, bmi_max: 32, bmi_count: 2 },
  });
  expect(patients.p1!.bmi_slope).toBeCloseTo((2 * 365.25) / 366, 9);
  expect(patients.p2).toMatchObject({ age: 49, had: "|", bmi_slope: null, label: "yes" });
  expect(patients.p3).toMatchObject({ had: "I10.9", bmi_last: null, bmi_count: 0, label: "no" });
});

test("a version says what it was made of, and the same inputs make none", async () => {
  using place = testLake();
  await addTables(place, RECORD);
  const { result } = await buildOf(place, DATE);
  expect(result.lineage.slice(0, 5)).toEqual([
    ...["lake://conditions@v1", "lake://encounters@v1", "lake://observations@v1", "lake://patients@v1"],
    expect.stringMatching(/^lake\/t\.yaml [0-9a-f]{64}$/),
  ]);
  expect(await place.lake.resolve("t")).toMatchObject({ change: "build", reader: "build", who: "tester@here" });
  expect((await buildOf(place, DATE)).result).toMatchObject({ address: "lake://t@v1", isNew: false });
  await addTables(place, { observations: [RECORD.observations[0], "o9,p3,39156-5,25,kg/m2,2009-05-01 00:00:00"] });
  const next = await buildOf(place, DATE);
  expect(next.result).toMatchObject({ address: "lake://t@v2", isNew: true });
  expect(next.result.lineage).toContain("lake://observations@v2");
  expect((await buildOf(place, `${DATE}  race: {patient: sex}\n`)).result.address).toBe("lake://t@v3");
});

/** Rows that tell of the time after the index, by the table that they are in. */
const TRAPS: Readonly<Record<string, readonly [table: keyof typeof RECORD, row: string]>> = {
  "a laboratory value after the index": ["observations", "x,p1,39156-5,99,kg/m2,2010-02-01 00:00:00"],
  "a condition that began before the index and was recorded after it": [
    ...(["conditions", "x,p3,http://snomed.info/sct,73211009,2009-01-01,2010-02-03,"] as const),
  ],
  "a condition of the index's own day": ["conditions", "x,p3,http://snomed.info/sct,73211009,2010-02-01,2010-02-01,"],
  "a visit that began before the index and ended after it": [
    ...(["encounters", "x,p3,AMB,2010-01-30 08:00:00,2010-02-02 08:00:00"] as const),
  ],
  "a row without any time": ["observations", "x,p1,39156-5,99,kg/m2,"],
};

test.each(Object.entries(TRAPS))("%s changes nothing", async (_, [table, row]) => {
  using place = testLake();
  await addTables(place, RECORD);
  const without = await buildOf(place, DATE);
  await addTables(place, { [table]: [RECORD[table][0], row] });
  const { result, patients } = await buildOf(place, DATE);
  expect(result.address).toBe("lake://t@v2");
  expect(result.checked).toBe(true);
  expect(patients).toEqual(without.patients);
});

test("a partial date counts as its end", async () => {
  using place = testLake();
  await addTables(place, {
    ...RECORD,
    observations: [
      "id,patient,code,value,time,time_precision",
      "o1,p1,bmi,1,2009-01-01 00:00:00,year",
      "o2,p1,bmi,2,2010-01-01 00:00:00,month",
      "o3,p1,bmi,4,2010-01-01 00:00:00,year",
      "o4,p1,bmi,8,2010-02-01 00:00:00,month",
      "o5,p1,bmi,16,2010-01-31 00:00:00,day",
      "o6,p1,bmi,32,2010-02-01 00:00:00,day",
    ],
  });
  const { patients } = await buildOf(
    place,
    `
index: {date: 2010-02-01}
label: {codes: [38341003]}
features: {bmi: {value: {codes: [bmi], take: [mean, count, last]}}}`,
  );
  expect(patients.p1).toMatchObject({ bmi_count: 3, bmi_mean: 19 / 3, bmi_last: 16 });
});

test("whether and when a patient died is no feature", async () => {
  using place = testLake();
  await addTables(place, RECORD);
  for (const column of ["deceased", "death"]) {
    const feature = `{patient: ${column}, timeless: true}`;
    const error = await refusal(buildOf(place, DATE.replace("{patient: sex}", feature)));
    expect(error.message).toBe(`column ${column} tells what came after the index`);
  }
});

test("what may have been written into a row later chooses no rows", async () => {
  using place = testLake();
  await addTables(place, RECORD);
  const error = await refusal(
    buildOf(place, DATE.replace("min_patients: 1", "min_patients: 1, where: {abatement: '2011-01-01'}")),
  );
  expect(error.message).toBe("column abatement may have changed after the index");
});

test("the second build finds a feature that has seen what came later, and nothing is built", async () => {
  using place = testLake();
  await addTables(place, RECORD);
  const error = await refusal(
    buildOf(
      place,
      `tables: {conditions: {code: abatement}}\n${DATE.replace("codes: {snomed: [38341003]}", "codes: ['2011*']").replace(/label: .*/, "label: {table: encounters, codes: [AMB]}")}`
        .replace("tables: {", "tables: {encounters: {code: class}, ")
        .replace("2010-02-01", "2008-12-01"),
    ),
  );
  expect(error.message).toBe("what came after the index changes had");
  expect(await place.lake.table.numbers("t")).toEqual([]);
});

test("a table without times is refused, unless somebody says that it has none", async () => {
  using place = testLake();
  await addTables(place, { ...RECORD, genes: ["patient,code", "p1,BRCA1", "p3,FBN1"] });
  const feature = (rest: string): string => `${DATE}  genes: {labels: {table: genes, min_patients: 1}${rest}}\n`;
  const error = await refusal(buildOf(place, feature("")));
  expect(error.message).toBe("table genes has no times: nothing says what was known before the index");
  expect(error.where).toBe("features.genes");
  expect((await buildOf(place, feature(", timeless: true"))).patients.p3).toMatchObject({ genes: "FBN1" });
  const timed = await refusal(buildOf(place, DATE.replace("min_patients: 1}}", "min_patients: 1}, timeless: true}")));
  expect(timed.message).toBe("table conditions has times, so that it is not timeless");
});

test("a label counts within its horizon; who had it before is left out", async () => {
  using place = testLake();
  await addTables(place, RECORD);
  const late = DATE.replace("codes: {snomed: [38341003]}", "codes: {snomed: [38341003]}, horizon: 200d");
  expect((await buildOf(place, late)).result.classes).toEqual({ no: 3, yes: 1 });
  const { result } = await buildOf(place, DATE.replace("{snomed: [38341003]}", "{snomed: [38341003], icd10: [I10*]}"));
  expect(result).toMatchObject({ rows: 3, excluded: { "label before the index": 1 } });
});

test("who is too old, not followed before, or not followed after is left out, each counted", async () => {
  using place = testLake();
  await addTables(place, RECORD);
  const { result } = await buildOf(place, `exclude: {age_over: 59, history_under: 90d, follow_up_under: 1y}\n${DATE}`);
  expect(result).toMatchObject({
    classes: { no: 1, yes: 1 },
    excluded: { "too old": 1, "too little history": 1 },
  });
});

test("classes by sets of codes: the earliest counts, and the others have a class or are left out", async () => {
  using place = testLake();
  await addTables(place, RECORD);
  const classes = "label: {classes: {pressure: {snomed: [38341003]}, other: [73211009]}";
  await addTables(place, {
    conditions: [RECORD.conditions[0], "c8,p2,http://snomed.info/sct,73211009,2010-08-01,2010-08-01,"],
  });
  const yaml = DATE.replace(/label: .*/, `${classes}}`);
  expect((await buildOf(place, yaml)).result).toMatchObject({
    classes: { other: 1, pressure: 1 },
    excluded: { "no class": 2 },
  });
  const all = DATE.replace(/label: .*/, `${classes}, else: none, name: disease}`);
  expect((await buildOf(place, all)).patients.p3).toMatchObject({ disease: "none" });
});

test("an index before the label gives the others the age of a patient with it, and says what that means", async () => {
  using place = testLake();
  await addTables(place, {
    patients: ["id,birth_date", "a,1950-01-01", "b,1960-01-01", "c,1990-01-01"],
    encounters: [
      ...["id,patient,started", "1,a,1999-01-01 00:00:00", "2,b,2000-01-01 00:00:00", "3,b,2015-01-01 00:00:00"],
      "4,c,2010-01-01 00:00:00",
    ],
    conditions: ["id,patient,code,onset", "1,a,x,2000-01-31"],
  });
  const { result, patients, notices } = await buildOf(
    place,
    `
index: {before_label: {gap: 30d}}
label: {codes: [x]}
features: {age: {age: years}}`,
  );
  expect(patients.a).toMatchObject({ index_date: new Date("2000-01-01"), age: 50, label: "yes" });
  expect(patients.b).toMatchObject({ index_date: new Date("2009-12-31"), age: 49, label: "no" });
  expect(result.excluded).toEqual({ "no index": 1 });
  expect(notices).toEqual([expect.stringContaining("depends on the label")]);
});

test("an index is the first visit of a kind, or the last one", async () => {
  using place = testLake();
  await addTables(place, RECORD);
  const at = async (index: string): Promise<unknown> =>
    (await buildOf(place, DATE.replace("{date: 2010-02-01}", index).replace(/label: .*/, "label: {codes: [38341003]}")))
      .patients.p4?.index_date;
  expect(await at("{first: {table: encounters}}")).toEqual(new Date("2009-06-01T08:00:00Z"));
  expect(await at("{first: {table: encounters, from_age: 31}}")).toEqual(new Date("2012-06-01T08:00:00Z"));
  expect(await at("{first: {table: encounters, where: {class: [AMB, EMER]}}}")).toEqual(
    new Date("2009-06-01T08:00:00Z"),
  );
  expect(await at("{last: {table: encounters}}")).toEqual(new Date("2012-06-01T08:00:00Z"));
});

test("values of several units are refused until one is named", async () => {
  using place = testLake();
  await addTables(place, {
    ...RECORD,
    observations: [
      "id,patient,code,value,unit,converted,converted_unit,time",
      "o1,p1,glu,5,mmol/L,90,mg/dL,2009-01-01 00:00:00",
      "o2,p2,glu,100,mg/dL,,,2009-01-01 00:00:00",
    ],
  });
  const glucose = (unit: string): string =>
    DATE.replace(FEATURES, `\nfeatures: {glucose: {value: {codes: [glu]${unit}}}}\n`);
  await addTables(place, {
    observations: [
      "id,patient,code,value,unit,converted,converted_unit,time",
      "o3,p3,glu,6,mmol/L,,,2009-01-01 00:00:00",
    ],
  });
  const error = await refusal(buildOf(place, glucose("")));
  expect(error.fix).toEqual(["Name one: mg/dL, mmol/L."]);
  const { patients } = await buildOf(place, glucose(", unit: mg/dL"));
  expect([patients.p1, patients.p2, patients.p3].map((patient) => patient?.glucose)).toEqual([90, 100, null]);
});

test("rows that were taken back do not count, and other codings of a row do", async () => {
  using place = testLake();
  await addTables(place, {
    ...RECORD,
    conditions: [
      "id,patient,system,code,codings,verification_status,onset",
      'c1,p1,local,77,"[{""system"":""local"",""code"":""77""},{""system"":""http://hl7.org/fhir/sid/icd-10"",""code"":""I10""}]",confirmed,2010-06-01',
      "c2,p2,http://hl7.org/fhir/sid/icd-10,I10,,refuted,2010-06-01",
    ],
  });
  const { result } = await buildOf(place, DATE.replace("{snomed: [38341003]}", "{icd10: [I1*]}"));
  expect(result.classes).toEqual({ no: 3, yes: 1 });
});

test("a table or column that is not there is named with the nearest, and no class or one is refused", async () => {
  using place = testLake();
  await addTables(place, RECORD);
  const table = await refusal(buildOf(place, DATE.replaceAll("encounters", "encounter")));
  expect([table.message, table.fix]).toEqual(["the lake has no table encounter", ["Did you mean encounters?"]]);
  expect((await refusal(buildOf(place, DATE.replace("patient: sex", "patient: gender")))).message).toBe(
    'table patients has no column "gender"',
  );
  const one = await refusal(buildOf(place, DATE.replace("38341003", "1")));
  expect(one.message).toBe("all patients are of one class, no");
});

test("without times: a column as the label, classes of few patients left out, groups by a column", async () => {
  using place = testLake();
  await addTables(place, {
    cases: ["case_id,sex,diagnosis,paper", "1,f,A,x", "2,m,A,x", "3,f,B,y", "4,m,B,z", "5,f,C,z"],
    phenotypes: ["case_id,hpo,excluded", "1,HP:1,false", "2,HP:1,false", "2,HP:2,true", "3,HP:3,false"],
  });
  const { result, patients } = await buildOf(
    place,
    `
timeless: true
patients: cases
tables: {cases: {patient: case_id}, phenotypes: {patient: case_id, code: hpo}}
label: {name: disease, table: cases, column: diagnosis, min_patients: 2}
group: paper
features:
  sex: {patient: sex}
  symptoms: {labels: {table: phenotypes, where: {excluded: "false"}, min_patients: 1}}`,
  );
  expect(result).toMatchObject({ classes: { A: 2, B: 2 }, excluded: { "class of few patients": 1 }, checked: null });
  expect(patients["2"]).toEqual({ patient: expect.anything(), paper: "x", sex: "m", symptoms: "HP:1", disease: "A" });
});
