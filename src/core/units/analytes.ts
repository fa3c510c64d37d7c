/**
 * What laboratories and wards measure, by LOINC code: the unit that values are brought to, the range outside of which a value is rather a
 * slip of unit or typing than a patient, and the molar mass for the step between moles and grams.
 *
 * Molar masses are PubChem's, of the substance that the result is given as: urea nitrogen as N2, triglycerides as triolein, hemoglobin as its
 * monomer (IFCC), phosphate as P. HbA1c between IFCC and NGSP by the master equation of ngsp.org/ifcc.asp: % = 0.09148 × mmol/mol + 2.152.
 * Ranges are wide on purpose: they hold the sickest patients too.
 */
import type { Substance } from "./ucum.ts";

export interface Analyte extends Substance {
  readonly name: string;
  /** UCUM. */
  readonly unit: string;
  /** Plausible values in that unit, both ends included. */
  readonly low: number;
  readonly high: number;
  /** International units are the U of enzymes (1 µmol a minute) here. */
  readonly isEnzyme?: boolean;
  /** Units whose step is none of dimension. */
  readonly special?: Readonly<Record<string, { readonly factor: number; readonly offset: number }>>;
}

type Rest = Partial<Omit<Analyte, "name" | "unit" | "low" | "high">>;

/** Names of the codes of one thing, "2345-7 2339-0 …". */
const list: readonly (readonly [codes: string, name: string, unit: string, low: number, high: number, rest?: Rest])[] =
  [
    ["2345-7 2339-0 1558-6 1547-9 2340-8 41653-7 14749-6 15074-8", "glucose", "mg/dL", 5, 3000, { molarMass: 180.156 }],
    ["2160-0 38483-4 14682-9", "creatinine", "mg/dL", 0.05, 50, { molarMass: 113.12 }],
    ["2161-8", "creatinine, urine", "mg/dL", 1, 1000, { molarMass: 113.12 }],
    ["2093-3 14647-2", "cholesterol", "mg/dL", 20, 1500, { molarMass: 386.65 }],
    ["2085-9 14646-4", "HDL cholesterol", "mg/dL", 1, 250, { molarMass: 386.65 }],
    ["13457-7 18262-6 2089-1 22748-8 39469-2", "LDL cholesterol", "mg/dL", 1, 1200, { molarMass: 386.65 }],
    ["2571-8 3043-7 14927-8", "triglycerides", "mg/dL", 5, 15000, { molarMass: 885.4 }],
    ["3094-0 6299-2", "urea nitrogen", "mg/dL", 0.5, 400, { molarMass: 28.014 }],
    ["3091-6 22664-7", "urea", "mg/dL", 1, 900, { molarMass: 60.056 }],
    ["1975-2 14631-6 42719-5", "bilirubin", "mg/dL", 0, 80, { molarMass: 584.66 }],
    ["1968-7 14629-0", "bilirubin, direct", "mg/dL", 0, 60, { molarMass: 584.66 }],
    ["3084-1 14933-6", "uric acid", "mg/dL", 0.1, 60, { molarMass: 168.11 }],
    ["17861-6 49765-1 2000-8", "calcium", "mg/dL", 2, 25, { molarMass: 40.078, valence: 2 }],
    ["1994-3 1995-0", "calcium, ionised", "mmol/L", 0.2, 4, { molarMass: 40.078, valence: 2 }],
    ["19123-9 2601-3", "magnesium", "mg/dL", 0.2, 20, { molarMass: 24.305, valence: 2 }],
    ["2777-1 14879-1", "phosphate", "mg/dL", 0.2, 30, { molarMass: 30.974 }],
    ["2951-2 2947-0", "sodium", "mmol/L", 80, 220, { molarMass: 22.99, valence: 1 }],
    ["2823-3 6298-4", "potassium", "mmol/L", 0.8, 15, { molarMass: 39.098, valence: 1 }],
    ["2075-0 2069-3", "chloride", "mmol/L", 40, 180, { molarMass: 35.453, valence: 1 }],
    ["2028-9 20565-8 1963-8", "carbon dioxide, bicarbonate", "mmol/L", 1, 80, { molarMass: 61.017, valence: 1 }],
    ["2524-7 32693-4 2518-9", "lactate", "mmol/L", 0.1, 40, { molarMass: 90.08, valence: 1 }],
    ["718-7 20509-6 30313-1 30350-3", "hemoglobin", "g/dL", 1, 30, { molarMass: 16114.5 }],
    [
      "4548-4 17856-6 59261-8",
      "hemoglobin A1c",
      "%",
      2,
      25,
      {
        special: { "mmol/mol": { factor: 0.09148, offset: 2.152 }, "mmol/mol{Hb}": { factor: 0.09148, offset: 2.152 } },
      },
    ],
    ["4544-3 20570-8 71833-8", "hematocrit", "%", 5, 80],
    ["6690-2 26464-8 804-5", "leukocytes", "10*3/uL", 0, 1000],
    ["789-8 26453-1", "erythrocytes", "10*6/uL", 0.3, 12],
    ["777-3 26515-7 778-1", "platelets", "10*3/uL", 0, 5000],
    ["751-8 26499-4", "neutrophils", "10*3/uL", 0, 500],
    ["731-0 26474-7", "lymphocytes", "10*3/uL", 0, 1000],
    ["787-2 30428-7", "MCV", "fL", 40, 180],
    ["785-6", "MCH", "pg", 8, 60],
    ["786-4", "MCHC", "g/dL", 15, 50],
    ["788-0", "erythrocyte distribution width", "%", 5, 50],
    ["21000-5 30384-2", "erythrocyte distribution width", "fL", 15, 200],
    ["32623-1", "platelet mean volume", "fL", 3, 30],
    ["32207-3", "platelet distribution width", "fL", 1, 600],
    ["30341-2 4537-7", "erythrocyte sedimentation rate", "mm/h", 0, 200],
    ["1988-5 30522-7", "C reactive protein", "mg/L", 0, 1000],
    ["33959-8", "procalcitonin", "ng/mL", 0, 2000],
    ["1751-7", "albumin", "g/dL", 0.3, 8, { molarMass: 66_437 }],
    ["2885-2", "protein", "g/dL", 1, 20],
    ["10834-0 2336-6", "globulin", "g/dL", 0.1, 15],
    ["14959-1 9318-7", "albumin/creatinine, urine", "mg/g", 0, 30000],
    ["1742-6 1744-2", "alanine aminotransferase", "U/L", 0, 30000, { isEnzyme: true }],
    ["1920-8 30239-8", "aspartate aminotransferase", "U/L", 0, 50000, { isEnzyme: true }],
    ["6768-6", "alkaline phosphatase", "U/L", 0, 10000, { isEnzyme: true }],
    ["2324-2", "gamma glutamyl transferase", "U/L", 0, 10000, { isEnzyme: true }],
    ["14804-9 2532-0", "lactate dehydrogenase", "U/L", 5, 50000, { isEnzyme: true }],
    ["2157-6", "creatine kinase", "U/L", 0, 1_000_000, { isEnzyme: true }],
    ["3040-3", "lipase", "U/L", 0, 50000, { isEnzyme: true }],
    ["1798-8", "amylase", "U/L", 0, 20000, { isEnzyme: true }],
    ["2498-4", "iron", "ug/dL", 1, 5000, { molarMass: 55.845 }],
    ["2500-7", "iron binding capacity", "ug/dL", 20, 1000, { molarMass: 55.845 }],
    ["2276-4", "ferritin", "ng/mL", 0, 200_000],
    ["2132-9", "vitamin B12", "pg/mL", 10, 20000, { molarMass: 1355.37 }],
    ["2284-8", "folate", "ng/mL", 0.1, 200, { molarMass: 441.4 }],
    ["1989-3 62292-8", "vitamin D, 25-hydroxy", "ng/mL", 0.5, 500, { molarMass: 400.64 }],
    ["3016-3 11580-8", "thyrotropin", "m[IU]/L", 0, 1000],
    ["3024-7", "thyroxine, free", "ng/dL", 0.01, 20, { molarMass: 776.87 }],
    ["3026-2", "thyroxine", "ug/dL", 0.1, 60, { molarMass: 776.87 }],
    ["3051-0", "triiodothyronine, free", "pg/mL", 0.1, 60, { molarMass: 650.97 }],
    ["2143-6", "cortisol", "ug/dL", 0.1, 300, { molarMass: 362.46 }],
    ["2986-8", "testosterone", "ng/dL", 0.5, 5000, { molarMass: 288.42 }],
    ["2243-4", "estradiol", "pg/mL", 0.5, 20000, { molarMass: 272.38 }],
    ["10839-9 6598-7 89579-7 67151-1", "troponin", "ng/L", 0, 1_000_000],
    ["33762-6 30934-4 42637-9", "natriuretic peptide", "pg/mL", 0, 200_000],
    ["2857-1", "prostate specific antigen", "ng/mL", 0, 20000],
    ["1841-6 16362-6 22763-7", "ammonia", "umol/L", 1, 3000, { molarMass: 17.031 }],
    ["13965-9", "homocysteine", "umol/L", 0.5, 700, { molarMass: 135.18 }],
    ["5671-3 77307-7", "lead, blood", "ug/dL", 0, 500, { molarMass: 207.2 }],
    ["33914-3 48642-3 48643-1 62238-1 98979-8 88293-6", "glomerular filtration rate", "mL/min/{1.73_m2}", 0, 300],
    ["6301-6 34714-6", "INR", "{INR}", 0.3, 30],
    ["5902-2", "prothrombin time", "s", 4, 300],
    ["3173-2 14979-9", "activated partial thromboplastin time", "s", 8, 400],
    ["3255-7", "fibrinogen", "mg/dL", 10, 2000],
    ["2744-1 11558-4 2746-6", "pH, blood", "[pH]", 6.3, 8.2],
    ["2019-8 11557-6", "carbon dioxide pressure", "mm[Hg]", 3, 250],
    ["2703-7 11556-8", "oxygen pressure", "mm[Hg]", 5, 800],
    ["2708-6 59408-5", "oxygen saturation", "%", 10, 100],
    ["8302-2 3137-7 8306-3 8308-9", "body height", "cm", 15, 275],
    ["29463-7 3141-9 3142-7 8335-2", "body weight", "kg", 0.2, 650],
    ["39156-5 59574-4", "body mass index", "kg/m2", 5, 200],
    ["8287-5 9843-4", "head circumference", "cm", 10, 80],
    ["8480-6 8459-0 8460-8 8461-6", "systolic blood pressure", "mm[Hg]", 20, 350],
    ["8462-4 8453-3 8454-1 8455-8", "diastolic blood pressure", "mm[Hg]", 5, 250],
    ["8867-4", "heart rate", "/min", 10, 400],
    ["9279-1", "respiratory rate", "/min", 1, 150],
    ["8310-5 8331-1 8332-9 8328-7 8329-5 8333-7 75539-7", "body temperature", "Cel", 20, 46],
    ["19926-5", "FEV1/FVC", "%", 5, 100],
  ];

export const analytes: ReadonlyMap<string, Analyte> = new Map(
  list.flatMap(([codes, name, unit, low, high, rest]) =>
    codes.split(" ").map((code): [string, Analyte] => [code, { name, unit, low, high, ...rest }]),
  ),
);
