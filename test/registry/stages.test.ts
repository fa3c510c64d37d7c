import { expect, test } from "vitest";
import { type ModelVersion, type RegisteredModel, STAGES, type Stage } from "../../src/core/registry.ts";
import { createRng } from "../../src/core/rng.ts";
import { checkMove, MOVES, type Move, planMove, stageOf } from "../../src/registry/stages.ts";

const moves = Object.keys(MOVES) as Move[];

test.each(moves)("%s leads only where the state machine says", (move) => {
  for (const from of STAGES) {
    const { model, versions } = modelWith({ "1": from });
    for (const to of STAGES) {
      const attempt = () => checkMove(move, model, versions[0]!, to);
      if (MOVES[move][from].includes(to)) attempt();
      else expect(attempt).toThrow(`from ${from} to ${to}`);
    }
  }
});

test("a new champion displaces the old one, and is the challenger no more", () => {
  const { model, versions } = modelWith({ "1": "Production", "2": "Staging", "3": "None" });
  expect(planMove(model, versions, at(versions, "2"), "Production")).toEqual({
    stages: { "1": "Archived", "2": "Production" },
    aliases: { champion: "2", challenger: null },
  });
});

test("a new challenger displaces the old one and leaves the champion alone", () => {
  const { model, versions } = modelWith({ "1": "Production", "2": "Staging", "3": "None" });
  expect(planMove(model, versions, at(versions, "3"), "Staging")).toEqual({
    stages: { "2": "Archived", "3": "Staging" },
    aliases: { challenger: "3" },
  });
});

test("a version that MLflow shows in Production without the alias is archived by the next move", () => {
  const { model, versions } = modelWith({ "1": "Production", "2": "None" });
  const orphaned = { ...model, aliases: {} };
  expect(stageOf(orphaned, at(versions, "1"))).toBe("Archived");
  expect(planMove(orphaned, versions, at(versions, "2"), "Production")).toEqual({
    stages: { "1": "Archived", "2": "Production" },
    aliases: { champion: "2" },
  });
});

test("after any row of allowed moves, stages and aliases agree and there is one champion at most", () => {
  const rng = createRng(3);
  let state = modelWith(Object.fromEntries(Array.from({ length: 5 }, (_, i) => [String(i + 1), "None" as Stage])));
  let championSeen = false;
  for (let i = 0; i < 500; i++) {
    const version = state.versions[Math.floor(rng.next() * 5)]!;
    const from = stageOf(state.model, version);
    const move = moves[Math.floor(rng.next() * moves.length)]!;
    const to = MOVES[move][from][Math.floor(rng.next() * MOVES[move][from].length)];
    if (to === undefined) continue;
    const { stages, aliases } = planMove(state.model, state.versions, version, to);
    const versions = state.versions.map((v) => ({ ...v, stage: stages[v.version] ?? v.stage }));
    const all = { ...state.model.aliases, ...aliases };
    const kept = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== null);
    state = { model: { ...state.model, aliases: Object.fromEntries(kept) }, versions };
    for (const [stage, alias] of [
      ["Production", "champion"],
      ["Staging", "challenger"],
    ] as const) {
      const there = versions.filter((v) => v.stage === stage).map((v) => v.version);
      expect(there).toEqual(kept.filter(([name]) => name === alias).map(([, v]) => v));
    }
    const hasChampion = state.model.aliases.champion !== undefined;
    if (championSeen && move !== "demote") expect(hasChampion).toBe(true); // a swap never leaves none
    championSeen = hasChampion;
  }
});

const at = (versions: readonly ModelVersion[], version: string): ModelVersion =>
  versions.find((v) => v.version === version)!;

function modelWith(stages: Readonly<Record<string, Stage>>): { model: RegisteredModel; versions: ModelVersion[] } {
  const holder = (stage: Stage) => Object.keys(stages).find((v) => stages[v] === stage);
  const aliases = { champion: holder("Production"), challenger: holder("Staging") };
  const kept = Object.entries(aliases).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return {
    model: {
      name: "skin",
      creationTime: 0,
      lastUpdatedTime: 0,
      description: "",
      tags: {},
      aliases: Object.fromEntries(kept),
    },
    versions: Object.entries(stages).map(([version, stage]) => ({
      name: "skin",
      version,
      creationTime: 0,
      lastUpdatedTime: 0,
      description: "",
      stage,
      source: "",
      runId: null,
      status: "READY",
      tags: {},
      aliases: [],
    })),
  };
}
