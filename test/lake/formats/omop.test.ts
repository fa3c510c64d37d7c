import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type TestLake, testLake } from "../../support/lake.ts";
import { putAside, rowsOf } from "../../support/lake-files.ts";
import { zipOf } from "../../support/zip.ts";

/** Made up: two persons of OMOP CDM v5.4. */
const FILES: Readonly<Record<string, string>> = {
  "CONCEPT.csv":
    "concept_id\tconcept_name\tvocabulary_id\tconcept_code\n201826\tType 2 diabetes mellitus\tSNOMED\t44054006\n3004410\tHemoglobin A1c\tLOINC\t4548-4\n8554\tpercent\tUCUM\t%\n",
  "person.csv":
    "person_id,gender_concept_id,year_of_birth,month_of_birth,day_of_birth,race_source_value\n1,8507,1950,5,17,white\n2,8532,1961,,,\n",
  "condition_occurrence.csv":
    "condition_occurrence_id,person_id,condition_concept_id,condition_start_date,visit_occurrence_id\n10,1,201826,2010-03-04,7\n11,2,99,2011-01-01\n12,2,99,2012-01-01,\n",
  "measurement.csv":
    "measurement_id,person_id,measurement_concept_id,measurement_date,measurement_datetime,value_as_number,unit_concept_id,unit_source_value\n20,1,3004410,2010-03-04,2010-03-04 08:30:00,7.2,8554,%\n",
  "death.csv": "person_id,death_date\n2,2020-01-01\n",
};

async function check(place: TestLake): Promise<void> {
  expect((await place.lake.tables()).map(({ table }) => table)).toEqual([
    ...["conditions", "observations", "omop_concept", "omop_condition_occurrence", "omop_death", "omop_measurement"],
    ...["omop_person", "patients"],
  ]);
  expect(
    await rowsOf(place, "SELECT id, sex, birth_date::VARCHAR, birth_precision, race FROM patients ORDER BY id"),
  ).toEqual([
    ["1", "male", "1950-05-17", "day", "white"],
    ["2", "female", "1961-01-01", "year", null],
  ]);
  expect(
    await rowsOf(
      place,
      "SELECT id, patient, encounter, system, code, display, onset::VARCHAR, onset_precision FROM conditions ORDER BY id",
    ),
  ).toEqual([
    ["10", "1", "7", "http://snomed.info/sct", "44054006", "Type 2 diabetes mellitus", "2010-03-04 00:00:00", "day"],
    ["12", "2", null, "urn:omop:concept", "99", null, "2012-01-01 00:00:00", "day"],
  ]);
  expect(
    await rowsOf(
      place,
      "SELECT patient, system, code, value, unit, ucum, time::VARCHAR, time_precision FROM observations",
    ),
  ).toEqual([["1", "http://loinc.org", "4548-4", 7.2, "%", "%", "2010-03-04 08:30:00", "second"]]);
  expect(putAside(place)).toHaveLength(1);
}

test("OMOP's tables come in as they are and as tidy tables, with codes by concept.csv", async () => {
  using place = testLake();
  const folder = join(place.files, "cdm");
  mkdirSync(folder);
  for (const [name, text] of Object.entries(FILES)) writeFileSync(join(folder, name), text);
  await place.lake.addSource(folder);
  await check(place);
});

test("a ZIP archive of them does the same, whatever the order of its entries", async () => {
  using place = testLake();
  const files = Object.entries(FILES).map(([name, bytes]) => ({ name: `cdm/${name}`, bytes }));
  writeFileSync(join(place.files, "cdm.zip"), zipOf(files.reverse()));
  await place.lake.addSource(join(place.files, "cdm.zip"));
  await check(place);
});
