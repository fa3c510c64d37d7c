import type { PatientCase } from "../core/cases.ts";
import { messageOf } from "../core/errors.ts";
import { cellsOf, createInputReader } from "../core/serving/input.ts";
import type { ServedModel, ServedTable } from "../core/serving/serving.ts";
import type { ModelSlot } from "./models.ts";

/** What a moved alias brings: the new version beside the old one, tried, and put in its place. */

export interface SwapOptions {
  readonly slot: ModelSlot;
  readonly role: "answer" | "shadow";
  /** The version that the alias means now; null where it means none. @throws when the registry cannot be asked */
  look(): Promise<{ readonly version: string } | null>;
  open(): Promise<ServedModel>;
  /** A model that clients write their requests for; none need be like it where it is null. */
  asked(): ServedModel | null;
  swapped(result: "done" | "refused", model: ServedModel | null): void;
  tell(message: string): void;
  /** Milliseconds since the epoch. */
  now(): number;
}

/** Milliseconds after which a version that could not be used is tried again. */
const AGAIN = 60_000;

/** @returns looks once whether there is another version, and takes it when it works; never rejects */
export function createSwap(options: SwapOptions): () => Promise<void> {
  const { slot, role, look, open, asked, swapped, tell, now } = options;
  const what = role === "shadow" ? "the shadow model" : "the model";
  let isAway = false;
  let isGone = false;
  let refused: { version: string; reason: string; at: number } | null = null;

  const refuse = (version: string, reason: string): void => {
    if (refused?.version !== version || refused.reason !== reason) {
      swapped("refused", slot.model);
      const kept = slot.model === null ? "there is none in its place" : `${versionOf(slot.model)} goes on`;
      tell(`version ${version} of ${what} is not used, ${kept}: ${reason}`);
    }
    refused = { version, reason, at: now() };
  };

  const take = async (version: string): Promise<void> => {
    const model = await open();
    try {
      // The alias moved on meanwhile, or the registry went away and a copy of an older version was opened.
      if (model.identity.version !== version) throw new Error(`what could be opened is ${versionOf(model)}`);
      const notices = differences(asked(), model, role);
      tryModel(model);
      for (const notice of notices) tell(notice);
    } catch (error) {
      model.dispose();
      throw error;
    }
    const before = slot.model;
    slot.replace(model);
    refused = null;
    swapped("done", model);
    tell(`${what} is ${versionOf(model)} from now on${before === null ? "" : `, before ${versionOf(before)}`}`);
  };

  return async () => {
    let next: { readonly version: string } | null;
    try {
      next = await look();
    } catch (error) {
      if (!isAway) tell(`the registry cannot be asked, ${what} stays as it is: ${messageOf(error)}`);
      isAway = true;
      return;
    }
    if (isAway) tell("the registry answers again");
    isAway = false;
    if (next === null) {
      if (!isGone && slot.model !== null) {
        tell(`the alias of ${what} is gone: ${role === "shadow" ? "nothing is scored besides" : "it stays as it is"}`);
      }
      if (role === "shadow") slot.replace(null);
      isGone = true;
      return;
    }
    isGone = false;
    const { version } = next;
    if (version === slot.model?.identity.version) {
      refused = null;
      return;
    }
    if (refused?.version === version && now() - refused.at < AGAIN) return;
    try {
      await take(version);
    } catch (error) {
      refuse(version, messageOf(error));
    }
  };
}

function versionOf({ identity: { version, hash } }: ServedModel): string {
  return version === null ? hash.slice(0, 12) : `version ${version}`;
}

/** Asks a model about its own example. @throws when the answer is none */
export function tryModel(model: ServedModel): void {
  const sums = model.kind === "table" ? answersOf(model) : [...rankOne(model)];
  if (sums.length === 0 || !sums.every((sum) => Math.abs(sum - 1) < 1e-3)) {
    throw new Error("its probabilities for its own example are not such");
  }
}

function answersOf(model: ServedTable): number[] {
  const { frame } = createInputReader(model.input).read(1, cellsOf(model.input, [model.example]));
  const proba = model.predictProba(frame);
  if (proba.length !== model.classes.length) return [];
  return [proba.reduce((sum, p) => sum + (p >= 0 ? p : Number.NaN), 0)];
}

/** 1 where the ranking has a disease with a probability. */
function rankOne(model: ServedModel & { readonly kind: "cases" }): number[] {
  const { ontology } = model;
  const term = ontology.ids.length - 1;
  const one: PatientCase = {
    ...{ name: "example", source: "example", id: "example", excluded: [], diagnoses: [] },
    present: [{ id: ontology.ids[term]!, label: ontology.names[term]! }],
    ...{ sex: "unknown", age: undefined, onset: undefined, publication: undefined },
  };
  const [best] = model.rank(one, 1, 0).ranking;
  return best !== undefined && best.probability >= 0 && best.probability <= 1 ? [1] : [];
}

/**
 * What clients may notice of a new model.
 * @throws when requests that the old one answers would be refused by the new one
 */
function differences(old: ServedModel | null, next: ServedModel, role: "answer" | "shadow"): string[] {
  if (old === null) return [];
  if (old.kind !== next.kind) throw new Error(`it is a model of ${next.kind === "table" ? "tables" : "cases"}`);
  if (old.kind !== "table" || next.kind !== "table") return [];
  const kinds = new Map(old.input.map(({ name, kind }) => [name, kind]));
  const odd = next.input.filter(({ name, kind }) => kinds.get(name) !== kind).map(({ name }) => JSON.stringify(name));
  if (odd.length > 0) {
    throw new Error(
      `it needs other columns than clients send now (${odd.slice(0, 5).join(", ")}); start the service anew for it`,
    );
  }
  if (role === "shadow") return [];
  const needed = new Set(next.input.map(({ name }) => name));
  const spare = old.input.filter(({ name }) => !needed.has(name)).map(({ name }) => JSON.stringify(name));
  const notices = spare.length === 0 ? [] : [`the new version does not look at ${spare.slice(0, 5).join(", ")}`];
  const isSame = old.classes.length === next.classes.length && old.classes.every((name, k) => name === next.classes[k]);
  return isSame ? notices : [...notices, "the new version tells other classes apart: answers have other keys"];
}
