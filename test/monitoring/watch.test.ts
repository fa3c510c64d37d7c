import { expect, test } from "vitest";
import {
  reapSweeps,
  rollbackDone,
  rollbackDue,
  sweepEnded,
  sweepStarted,
  unanswered,
} from "../../src/monitoring/watch/follow.ts";
import {
  type AlarmEvent,
  type Finding,
  freshState,
  observe,
  raisedAlarms,
  StateSchema,
  type WatchState,
} from "../../src/monitoring/watch/state.ts";

const HOUR = 3_600_000;
const VERDICT = { P: "pass", F: "fail", I: "inconclusive" } as const;

/** Looks each hour; what the rule said at each, by its first letter. */
function looks(
  verdicts: string,
  options: {
    state?: WatchState;
    topic?: Finding["topic"];
    version?: string;
    raiseAfter?: number;
    clearAfter?: number;
  } = {},
): { state: WatchState; events: AlarmEvent[]; told: string } {
  const { topic = "drift", version = "1", raiseAfter = 2, clearAfter = 3 } = options;
  let state = options.state ?? freshState("skin");
  const all: AlarmEvent[] = [];
  const told = [...verdicts].map((letter) => {
    const at = (state.looked ?? 0) + HOUR;
    const finding: Finding = {
      rule: "r",
      topic,
      verdict: VERDICT[letter as "P" | "F" | "I"],
      message: `it is ${letter}`,
    };
    const seen = observe(state, { version, at, findings: [finding] }, { raiseAfter, clearAfter });
    // what is kept between two looks is JSON
    state = StateSchema.parse(JSON.parse(JSON.stringify(seen.state)));
    all.push(...seen.events);
    return seen.events.map(({ type }) => type[0]).join("") || "-";
  });
  return { state, events: all, told: told.join("") };
}

test("an alarm is raised after failures in a row, is told once, and is over after passes in a row", () => {
  expect(looks("PFPFPF").told).toBe("------");
  expect(looks("PFFFFPPFPPPP").told).toBe("--r-------c-");
  expect(looks("F", { raiseAfter: 1 }).told).toBe("r");
  const { events } = looks("FFPPP");
  expect(events).toMatchObject([
    { type: "raised", id: "skin/1/1", at: 2 * HOUR, since: 2 * HOUR, message: "it is F" },
    { type: "cleared", id: "skin/1/1", at: 5 * HOUR, since: 2 * HOUR, message: "it is P" },
  ]);
});

test("what is inconclusive neither raises nor clears, and breaks no row", () => {
  expect(looks("IIIIII").told).toBe("------");
  expect(looks("FIIF").told).toBe("---r");
  expect(looks("FFPIIPIP").told).toBe("-r-----c");
});

test("a value that jumps to and fro around its bound gives one alarm, not one a day", () => {
  const { told, state } = looks("FFPFPFPPFFPFPP");
  expect(told.replaceAll("-", "")).toBe("r");
  expect(raisedAlarms(state)).toHaveLength(1);
});

test("a second alarm of a rule has a name of its own", () => {
  expect(looks("FFPPPFF").events.map(({ id }) => id)).toEqual(["skin/1/1", "skin/1/1", "skin/1/2"]);
});

test("the alarms of a version end with it, and those of a rule with the rule", () => {
  const { state } = looks("FF");
  const other = looks("F", { state, version: "2" });
  expect(other.events).toMatchObject([{ type: "cleared", version: "1", message: "version 2 is looked at now" }]);
  expect(raisedAlarms(other.state)).toEqual([]);
  expect(looks("F", { state: other.state, version: "2" }).told).toBe("r"); // it had failed once as the new one
  const gone = observe(state, { version: "1", at: 9 * HOUR, findings: [] }, { raiseAfter: 2, clearAfter: 3 });
  expect(gone.events).toMatchObject([{ type: "cleared", message: "the rule is there no more" }]);
});

test("of two findings of one name the worse counts", () => {
  const findings = (["pass", "fail", "inconclusive"] as const).map((verdict) => ({
    ...{ rule: "r", topic: "drift" as const, verdict, message: verdict },
  }));
  const { state, events } = observe(
    freshState("skin"),
    { version: "1", at: 1, findings },
    { raiseAfter: 1, clearAfter: 1 },
  );
  expect(events).toHaveLength(1);
  expect(state.alarms).toMatchObject([{ message: "fail" }]);
});

test("a drift alarm is answered by one sweep, and no two run at once", () => {
  const { state } = looks("FF");
  const due = unanswered(state, () => true);
  expect(due).toMatchObject([{ rule: "r" }]);
  const running = sweepStarted(state, due, { file: "x.yaml", started: 1, process: "7@1" });
  expect(unanswered(running, () => true)).toEqual([]);
  const ended = sweepEnded(running, "7@1", 2, "version 3 was refused: the gate failed");
  expect(ended.sweeps).toMatchObject([
    { alarms: ["skin/1/1"], process: null, ended: 2, result: expect.stringContaining("refused") },
  ]);
  expect(unanswered(looks("FFFF", { state: ended }).state, () => true)).toEqual([]);
  const again = looks("PPPFF", { state: ended }).state;
  expect(unanswered(again, () => true)).toMatchObject([{ raised: { id: "skin/1/2" } }]);
  const busy = sweepStarted(again, [], { file: "x.yaml", started: 3, process: "8@1" });
  expect(unanswered(busy, () => true)).toEqual([]);
  expect(unanswered(busy, () => false)).toHaveLength(1);
});

test("a sweep whose watch was killed does not stand in the way of the next", () => {
  const { state } = looks("FF");
  const running = sweepStarted(
    state,
    unanswered(state, () => true),
    { file: "x.yaml", started: 1, process: "7@1" },
  );
  expect(reapSweeps(running, () => true, 5)).toEqual(running);
  expect(reapSweeps(running, () => false, 5).sweeps).toMatchObject([
    { process: null, ended: 5, result: expect.stringContaining("exp resume") },
  ]);
});

test("only drift asks for a sweep, and only performance for a rollback", () => {
  const bad = looks("FF", { topic: "performance" }).state;
  expect(unanswered(bad, () => true)).toEqual([]);
  expect(rollbackDue(bad, 3 * HOUR, HOUR)).toMatchObject({ topic: "performance" });
  expect(rollbackDue(looks("FF").state, 3 * HOUR, HOUR)).toBeUndefined();
});

test("a rollback is asked for once an alarm, and not again before it has cooled down", () => {
  const options = { topic: "performance", clearAfter: 1 } as const;
  const { state } = looks("FF", options);
  const done = rollbackDone(state, { at: 2 * HOUR, alarm: "skin/1/1", from: "2", to: "1", problem: null });
  expect(rollbackDue(done, 100 * HOUR, 24 * HOUR)).toBeUndefined();
  const again = looks("FF", { ...options, state: done, version: "3" }).state;
  expect(rollbackDue(again, 20 * HOUR, 24 * HOUR)).toBeUndefined();
  expect(rollbackDue(again, 27 * HOUR, 24 * HOUR)).toMatchObject({ raised: { id: "skin/3/2" } });
  const tried = rollbackDone(state, { at: 2 * HOUR, alarm: "skin/1/0", from: "2", to: null, problem: "there is none" });
  expect(rollbackDue(tried, 3 * HOUR, 24 * HOUR)).toBeDefined(); // one that could not be done cools nothing down
});
