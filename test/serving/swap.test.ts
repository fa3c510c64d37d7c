import { expect, test } from "vitest";
import { UserError } from "../../src/core/errors.ts";
import type { ServedModel } from "../../src/core/serving/serving.ts";
import { createSlot } from "../../src/serving/models.ts";
import { createSwap } from "../../src/serving/swap.ts";
import { ageModel, INPUT, split, startService } from "../support/serving/serving.ts";

/** A registry in which the alias can be moved. */
function registry(role: "answer" | "shadow" = "answer", first: ServedModel | null = ageModel()) {
  const state = { version: "1" as string | null, away: false, now: 0, opened: 0 };
  const versions = new Map<string, () => ServedModel>();
  const told: string[] = [];
  const swapped: string[] = [];
  const slot = createSlot(first);
  const look = createSwap({
    ...{ slot, role, asked: () => first, now: () => state.now },
    async look() {
      if (state.away) throw new UserError("nobody answers");
      return state.version === null ? null : { version: state.version };
    },
    async open() {
      state.opened++;
      const make = versions.get(state.version!);
      if (!make) throw new UserError("the model's files are not those that were registered");
      return make();
    },
    swapped: (result) => swapped.push(result),
    tell: (message) => told.push(message),
  });
  const move = async (version: string | null, make?: () => ServedModel) => {
    state.version = version;
    if (make && version) versions.set(version, make);
    await look();
  };
  return { state, told, swapped, slot, look, move };
}

test("a moved alias brings its version into use; an alias that stays opens nothing", async () => {
  const { slot, look, move, state, swapped, told } = registry();
  await look();
  expect(state.opened).toBe(0);
  await move("2", () => ageModel({ version: "2" }));
  expect(slot.model?.identity.version).toBe("2");
  expect(swapped).toEqual(["done"]);
  expect(told).toEqual(["the model is version 2 from now on, before version 1"]);
});

test("the old model is disposed of when its last request ends, and not before", () => {
  const gone: string[] = [];
  const slot = createSlot(ageModel({ onDispose: () => gone.push("1") }));
  const [one, two] = [slot.lease()!, slot.lease()!];
  slot.replace(ageModel({ version: "2", onDispose: () => gone.push("2") }));
  expect(one.model.identity.version).toBe("1");
  expect(slot.lease()!.model.identity.version).toBe("2");
  one[Symbol.dispose]();
  one[Symbol.dispose]();
  expect(gone).toEqual([]);
  two[Symbol.dispose]();
  expect(gone).toEqual(["1"]);
});

test("requests before and after a swap are answered, each by the model of its time", async () => {
  await using service = startService();
  const ask = async () => (await service.post(split([25, false, "low"]))).headers["x-model"];
  expect(await ask()).toBe("skin/1");
  service.service.model.replace(ageModel({ version: "2" }));
  expect(await ask()).toBe("skin/2");
});

test("files that are not the registered ones leave the old model in use; why is said once, and it is tried again later", async () => {
  const { slot, move, look, state, told, swapped } = registry();
  await move("2");
  await look();
  await look();
  expect(slot.model?.identity.version).toBe("1");
  expect(told).toEqual([
    "version 2 of the model is not used, version 1 goes on: the model's files are not those that were registered",
  ]);
  expect([swapped, state.opened]).toEqual([["refused"], 1]);
  state.now = 61_000;
  await look();
  expect([told.length, state.opened]).toEqual([1, 2]);
  await move("2", () => ageModel({ version: "2" }));
  expect(slot.model?.identity.version).toBe("1");
  state.now = 122_000;
  await look();
  expect(slot.model?.identity.version).toBe("2");
});

test.each([
  ["answers with what are no probabilities", { predictProba: () => new Float32Array([Number.NaN, 1]) }],
  ["answers with another number of classes", { predictProba: () => new Float32Array(3).fill(1 / 3) }],
  [
    "throws",
    {
      predictProba: () => {
        throw new Error("broken");
      },
    },
  ],
])("a new model that %s is disposed of and not used", async (_, broken) => {
  const gone: string[] = [];
  const { slot, move, told } = registry();
  await move("2", () => ({ ...ageModel({ version: "2", onDispose: () => gone.push("2") }), ...broken }));
  expect(slot.model?.identity.version).toBe("1");
  expect(gone).toEqual(["2"]);
  expect(told[0]).toMatch(/^version 2 of the model is not used, version 1 goes on/);
});

test("a new model that needs other columns is not used, one that needs fewer is, with a notice", async () => {
  const { slot, move, told } = registry();
  const more = [...INPUT, { name: "weight", kind: "numeric" } as const];
  await move("2", () => ageModel({ version: "2", input: more }));
  expect(slot.model?.identity.version).toBe("1");
  expect(told[0]).toContain('it needs other columns than clients send now ("weight")');
  await move("3", () => ageModel({ version: "3", input: INPUT.slice(0, 1) }));
  expect(slot.model?.identity.version).toBe("3");
  expect(told[1]).toBe('the new version does not look at "smoker", "grade"');
});

test("a registry that is away is told once, as is that it is back; the model goes on", async () => {
  const { slot, look, state, told } = registry();
  state.away = true;
  await look();
  await look();
  state.away = false;
  await look();
  expect(told).toEqual([
    "the registry cannot be asked, the model stays as it is: nobody answers",
    "the registry answers again",
  ]);
  expect(slot.model?.identity.version).toBe("1");
});

test("an alias that is taken away leaves the model in use, and ends a shadow", async () => {
  const answer = registry();
  await answer.move(null);
  await answer.move(null);
  expect(answer.slot.model?.identity.version).toBe("1");
  expect(answer.told).toEqual(["the alias of the model is gone: it stays as it is"]);
  const shadow = registry("shadow");
  await shadow.move(null);
  expect(shadow.slot.model).toBeNull();
  await shadow.move("2", () => ageModel({ version: "2" }));
  expect(shadow.slot.lease()?.model.identity.version).toBe("2");
});
