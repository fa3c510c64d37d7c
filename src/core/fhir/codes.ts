/** What readers of FHIR have to agree on, whether they fill a lake or answer a request. */

export const SYSTEMS = {
  hpo: "http://human-phenotype-ontology.org",
  loinc: "http://loinc.org",
  snomed: "http://snomed.info/sct",
  icd10: "http://hl7.org/fhir/sid/icd-10",
  "icd10-cm": "http://hl7.org/fhir/sid/icd-10-cm",
  "icd9-cm": "http://hl7.org/fhir/sid/icd-9-cm",
  rxnorm: "http://www.nlm.nih.gov/research/umls/rxnorm",
  atc: "http://www.whocc.no/atc",
  ndc: "http://hl7.org/fhir/sid/ndc",
  cpt: "http://www.ama-assn.org/go/cpt",
  ucum: "http://unitsofmeasure.org",
} as const;

const OIDS: ReadonlyMap<string, string> = new Map([
  ["urn:oid:2.16.840.1.113883.6.1", SYSTEMS.loinc],
  ["urn:oid:2.16.840.1.113883.6.96", SYSTEMS.snomed],
  ["urn:oid:2.16.840.1.113883.6.3", SYSTEMS.icd10],
  ["urn:oid:2.16.840.1.113883.6.90", SYSTEMS["icd10-cm"]],
  ["urn:oid:2.16.840.1.113883.6.103", SYSTEMS["icd9-cm"]],
  ["urn:oid:2.16.840.1.113883.6.88", SYSTEMS.rxnorm],
  ["urn:oid:2.16.840.1.113883.6.73", SYSTEMS.atc],
  ["urn:oid:2.16.840.1.113883.6.69", SYSTEMS.ndc],
  ["urn:oid:2.16.840.1.113883.6.12", SYSTEMS.cpt],
  ["urn:oid:2.16.840.1.113883.6.8", SYSTEMS.ucum],
  ["http://human-phenotype-ontology.org/", SYSTEMS.hpo],
  ["http://purl.obolibrary.org/obo/hp.owl", SYSTEMS.hpo],
  ["http://purl.obolibrary.org/obo/hp.fhir", SYSTEMS.hpo],
]);

/** The URI of a code system that is also known by an OID. */
export const systemOf = (uri: string): string => OIDS.get(uri) ?? uri;

/** Statuses of resources that say nothing of a patient: they were mistakes, or did not come about. */
export const VOID: ReadonlySet<string> = new Set(["entered-in-error", "cancelled"]);

/** Where an Observation or one of its components may hold its value, in the order in which they are looked for; numbers first. */
export const VALUE_KEYS = [
  "valueQuantity",
  "valueInteger",
  "valueBoolean",
  "valueString",
  "valueCodeableConcept",
  "valueRatio",
  "valueRange",
  "valueDateTime",
  "valueTime",
  "valuePeriod",
] as const;
