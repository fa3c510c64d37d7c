import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { Frame } from "../../src/core/dataset.ts";
import { pack, unpack } from "../../src/core/formats/container.ts";
import type { FittedStep } from "../../src/core/step.ts";
import { step } from "../../src/preparation/hpo-propagate.ts";
import { excerptKnowledge, HPO_EXCERPT } from "../support/hpo.ts";
import { boolean, categorical, cellsOf, fitStep, frame, multilabel, none, numeric } from "./support.ts";

const knowledge = excerptKnowledge();
const fitted = (of: Frame, params = {}): Promise<FittedStep> =>
  fitStep("hpo-propagate", params, of, undefined, 2, undefined, knowledge);
const after = async (train: Frame, params = {}, other = train) =>
  cellsOf((await fitted(train, params)).transform(other));

// HP:0002373 febrile seizure is a HP:0001250 seizure; cough (0012735) and dyspnea (0002094) meet in HP:0002795.
test("who has a symptom has the more general ones that the data have", async () => {
  const train = frame(
    boolean("HP:0001250", 0, 0, none, 1),
    numeric("HP:0002373 Febrile seizure", 1, 0, 1, none),
    boolean("HP:0001251", 0, 1, 0, 0),
  );
  expect(await after(train, { add: "none" })).toEqual({
    "HP:0001250": [1, 0, 1, 1],
    "HP:0002373 Febrile seizure": [1, 0, 1, null],
    "HP:0001251": [0, 1, 0, 0],
  });
});

test("ancestors that join two symptoms are added, the closest one of those that say the same", async () => {
  const train = frame(
    boolean("HP:0012735", 1, 0, 0, none),
    boolean("HP:0002094", 0, 0, none, none),
    numeric("x", 1, 2, 3, 4),
  );
  expect(await after(train)).toEqual({
    "HP:0012735": [1, 0, 0, null],
    "HP:0002094": [0, 0, null, null],
    x: [1, 2, 3, 4],
    "HP:0002795": [1, 0, null, null], // known to be absent only where both are
  });
});

test("all ancestors are added but those of everyone", async () => {
  const names = Object.keys(await after(frame(boolean("HP:0012735", 1, 0)), { add: "all" }));
  expect(names).toEqual(["HP:0012735", "HP:0002086", "HP:0002795"]);
});

test("alternative and replaced ids count as what stands for them; two columns of one term agree", async () => {
  const train = frame(boolean("HP:0004715", 1, 0, 0), boolean("HP:0000003", 0, 1, 0), boolean("HP:0005952", 0, 0, 1));
  expect(await after(train, { add: "none" })).toEqual({
    "HP:0004715": [1, 1, 0],
    "HP:0000003": [1, 1, 0],
    "HP:0005952": [0, 0, 1],
  });
});

test("in a symptom list terms get today's id and their ancestors; other labels stay; a missing list stays missing", async () => {
  const train = frame(
    multilabel("s", ["HP:0002373", "cansancio"], ["HP:0012735", "HP:0000088"], ["HP:0002094"], null, []),
  );
  expect((await after(train)).s).toEqual([
    ["HP:0002373", "cansancio"],
    ["HP:0000107", "HP:0002795", "HP:0012735"],
    ["HP:0002094", "HP:0002795"],
    null,
    [],
  ]);
  expect((await after(train, { add: "none" })).s?.[1]).toEqual(["HP:0000107", "HP:0012735"]);
  expect((await after(train, { add: "all" })).s?.[2]).toEqual(["HP:0002086", "HP:0002094", "HP:0002793", "HP:0002795"]);
});

test("a term that training has not seen switches on the ancestors that it knows, without the file", async () => {
  const train = frame(multilabel("s", ["HP:0012735"], ["HP:0002795"], ["HP:0001250"]));
  const loaded = await step.load(unpack(pack((await fitted(train)).state)));
  const asked = frame(multilabel("s", ["HP:0002094"], ["HP:0032892", "HP:0007102"]));
  expect(cellsOf(loaded.transform(asked)).s).toEqual([
    ["HP:0002094", "HP:0002795"],
    ["HP:0001250", "HP:0002373", "HP:0032892"],
  ]);
});

test("obsolete ids without a successor, and ids that no one knows, stay as they are", async () => {
  const train = frame(boolean("HP:0000489", 1, 0), boolean("HP:1234567", 1, 1), boolean("HP:0001250", 0, 1));
  expect(await after(train, { add: "all" })).toMatchObject({ "HP:0000489": [1, 0], "HP:1234567": [1, 1] });
});

test.each([
  [frame(boolean("fiebre", 1, 0), multilabel("s", ["tos"], [])), /no column is an HPO term/, /HP:0001250/],
  [frame(categorical("HP:0001250", "yes", "no")), /no column is an HPO term/, /before encode/],
  [
    frame(numeric("HP:0001250", 0, 3)),
    /"HP:0001250" is an HPO term, but holds other values than 0 and 1/,
    /before scale/,
  ],
])("what cannot be propagated is refused with advice (%#)", async (of, what, fix) => {
  const failure = fitted(of);
  await expect(failure).rejects.toThrow(what);
  await expect(failure).rejects.toMatchObject({ fix: expect.arrayContaining([expect.stringMatching(fix)]) });
});

test("the step names the file that it will ask for", () => {
  expect(step.files?.(step.params.parse({ ontology: "data/own.obo" }))).toEqual(["data/own.obo"]);
});

test("the excerpt says whose it is", () => {
  for (const path of Object.values(HPO_EXCERPT)) expect(readFileSync(path, "utf8")).toContain("hpo.jax.org/license");
});
