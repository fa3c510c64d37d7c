import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Trail } from "../../../src/app.ts";
import { splitWords } from "../../../src/tui/acts/words.ts";
import { disease, type Outcome } from "../../support/cli.ts";
import type { TestProject } from "../../support/project.ts";
import { Key, type LiveScreen, openScreen, type ScreenOptions } from "../../support/screen.ts";
import { skinProject } from "../../support/skin.ts";

let base: TestProject;

beforeAll(async () => {
  base = await skinProject({
    buena: "metric: { name: accuracy, min: 0.2, judge: value, min_n: 1 }",
    dura: "metric: { name: accuracy, min: 1.01, judge: value, min_n: 1 }",
  });
});
afterAll(() => base[Symbol.dispose]());

/** A copy of the project with its board, which is closed with it. */
async function fresh(args: readonly string[] = [], options: Partial<ScreenOptions> = {}) {
  const project = base.copy();
  const screen = await openScreen(["board", "skin", ...args], {
    cwd: project.root,
    ...{ cols: 140, rows: 40, ...options },
  });
  await screen.shows(/live/);
  const run = (command: string): Promise<Outcome> =>
    disease(splitWords(command.replace(/^disease /, ""))!, { cwd: project.root });
  const json = async <T>(command: string): Promise<T> => JSON.parse((await run(`${command} --json`)).stdout) as T;
  const tags = async (name: string) => (await project.runs("skin")).find((r) => r.info.runName === name)?.tags;
  return {
    project,
    screen,
    run,
    json,
    tags,
    async [Symbol.asyncDispose]() {
      await screen[Symbol.asyncDispose]();
      project[Symbol.dispose]();
    },
  };
}

/** The text that was put on the clipboard last. */
function clipboard(screen: LiveScreen): string {
  const all = [...screen.output().matchAll(/\x1b\]52;c;([^\x07]*)\x07/g)];
  return Buffer.from(all.at(-1)![1]!, "base64").toString();
}

/** The command of the newest act, and the one that takes it back, copied from the history. */
async function commands(screen: LiveScreen): Promise<{ did: string; undo: string }> {
  screen.press("H");
  await screen.shows("What was done");
  screen.press("y");
  await screen.shows("copied: disease");
  const did = clipboard(screen);
  screen.press("u");
  await screen.shows(/copied: disease (?!.*\bundo\b)/);
  await screen.shows(() => clipboard(screen) !== did);
  const undo = clipboard(screen);
  screen.press("q");
  await screen.shows(/^❯ .*▸|live$/m);
  return { did, undo };
}

/** Promotes the selected run through a gate. */
async function promote(screen: LiveScreen, gate: string): Promise<void> {
  screen.press("p");
  await screen.shows(/Promote .* to/);
  screen.press(...(gate === "buena" ? [] : ["j"]), Key.enter);
}

describe("promote", () => {
  test("shows the gate's verdicts, asks for the name, and looks at the test patients once", async () => {
    await using board = await fresh();
    const { screen, json } = board;
    await promote(screen, "buena");
    await screen.shows("the gate judges");
    await screen.shows("type skin to promote it:");
    expect(screen.text()).toMatch(/✓ pass {2}metric accuracy ≥ 0\.2 .*n 12/);
    expect(screen.text()).toContain("look number 1 of a gate");
    expect(await json("models show skin")).toMatchObject({ aliases: {} });
    screen.press("piel", Key.enter);
    await screen.shows("that is not the name: skin");
    expect(await json("models show skin")).toMatchObject({ aliases: {} });
    screen.press(Key.ctrl("u"), "skin", Key.enter);
    await screen.shows("version 1 of skin is in stage Production now");
    await screen.shows("$ disease models promote skin/1 --gate buena --to Production");
    await screen.shows("to undo: disease models demote skin/1 --confirm skin");
    const { records, problems } = await json<Trail>("models history skin");
    expect(problems).toEqual([]);
    expect(records.map(({ act, gate }) => [act, gate?.looks])).toEqual([
      ["register", undefined],
      ["review", 1],
      ["promote", 1],
    ]);
    screen.press(Key.enter);
    const { did, undo } = await commands(screen);
    expect(did).toBe("disease models promote skin/1 --gate buena --to Production");
    expect((await board.run(undo)).code).toBe(0);
    expect(await json("models show skin")).toMatchObject({ aliases: {} });
    expect((await board.run(did)).code).toBe(0); // in another process it does the same
    expect(await json("models show skin")).toMatchObject({ aliases: { champion: "1" } });
  });

  test("says by which rule a gate refuses, and promotes nothing", async () => {
    await using board = await fresh();
    const { screen, json } = board;
    await promote(screen, "dura");
    await screen.shows("version 1 of skin was refused: the gate failed");
    expect(screen.text()).toMatch(/✗ fail {2}metric accuracy ≥ 1\.01/);
    expect(screen.text()).toContain("asked for is at least 1.01");
    expect(screen.text()).not.toContain("type skin");
    expect(await json("models show skin")).toMatchObject({ aliases: {}, versions: [{ stage: "None" }] });
  });

  test("leaves a gate to itself, and rests on what it saw when it is asked again", async () => {
    await using board = await fresh();
    const { screen } = board;
    await promote(screen, "buena");
    await screen.shows("the gate judges");
    screen.press(Key.escape, "j");
    await screen.shows(/^2\/4 /m); // keys do not wait
    await screen.shows("passes the gate");
    screen.press("k");
    await promote(screen, "buena");
    await screen.shows("type skin to promote it:");
    expect(screen.text()).toContain("look number 1 of a gate");
  });

  test("is of one run alone, and says so", async () => {
    await using board = await fresh();
    board.screen.press("mm", "p");
    await board.screen.shows("promote: of one run alone");
  });
});

test("a tag is set on all marked runs, and taken back by the printed command", async () => {
  await using board = await fresh();
  const { screen, run, tags } = board;
  screen.press("mm", "T");
  await screen.shows("sets a tag of 2 runs");
  screen.press("revisado=sí, por Ana", Key.enter);
  await screen.shows("✓ tagged 2 runs  $ disease runs tag");
  const names = ["logistic C=0.1", "logistic C=1"];
  for (const name of names) expect(await tags(name)).toMatchObject({ revisado: "sí, por Ana" });
  const { undo } = await commands(screen);
  expect((await run(undo)).code).toBe(0);
  for (const name of names) expect(await tags(name)).not.toHaveProperty("revisado");
});

test("a note is written, and offered to be changed", async () => {
  await using board = await fresh();
  const { screen, tags } = board;
  screen.press("an");
  await screen.shows("note of logistic C=0.1");
  screen.press("unidades dudosas", Key.enter);
  await screen.shows("✓ noted logistic C=0.1");
  expect(await tags("logistic C=0.1")).toMatchObject({ "mlflow.note.content": "unidades dudosas" });
  screen.press(Key.enter); // from the screen of one run, too
  await screen.shows("1 Overview");
  screen.press("an");
  await screen.shows("note unidades dudosas");
});

test("a run is deleted after a yes, is gone from the table, and comes back", async () => {
  await using board = await fresh();
  const { screen, project } = board;
  const stage = async (): Promise<string | undefined> => {
    const id = (await base.runs("skin")).find((r) => r.info.runName === "logistic C=0.1")!.info.runId;
    return (await project.reading((store) => store.getRun(id))).info.lifecycleStage;
  };
  screen.press("D");
  await screen.shows(/Delete logistic C=0\.1\?.*\n\$ disease runs delete [0-9a-f]{8} --yes/);
  screen.press("n");
  await screen.shows((text) => !text.includes("Delete logistic"));
  expect(await stage()).toBe("active");
  screen.press("D");
  await screen.shows("Delete logistic");
  screen.press("y");
  await screen.shows("✓ deleted logistic C=0.1");
  await screen.shows(/^skin {2}3 runs/);
  expect(await stage()).toBe("deleted");
  screen.press("LL");
  await screen.shows(/deleted alone/);
  await screen.shows(/^❯ .*logistic C=0\.1/m);
  screen.press("au");
  await screen.shows("✓ restored logistic C=0.1");
  expect(await stage()).toBe("active");
  screen.press("L");
  await screen.shows(/^skin {2}4 runs/);
});

test("what was begun goes on to its end when the board is left", async () => {
  await using board = await fresh();
  const { screen, project } = board;
  screen.press("D");
  await screen.shows("Delete logistic");
  screen.press("y", "q");
  expect(await screen.ended).toMatchObject({ exitCode: 0 });
  const [run] = (await base.runs("skin")).filter((r) => r.info.runName === "logistic C=0.1");
  const stage = async (): Promise<string> =>
    (await project.reading((store) => store.getRun(run!.info.runId))).info.lifecycleStage;
  await expect.poll(stage, { timeout: 20_000, interval: 100 }).toBe("deleted");
});

test("an act that fails says so in place with the remedy, and the board goes on", async () => {
  await using board = await fresh();
  const { screen, run, project } = board;
  const best = (await project.runs("skin")).find((r) => r.info.runName === "logistic C=0.1")!.info.runId;
  await run(`disease models promote --run ${best} --to Staging`);
  screen.press("D");
  await screen.shows("Delete logistic");
  screen.press("y");
  await screen.shows("✗ the run's model is in Staging: Take it out first: disease models demote skin/1");
  screen.press("j");
  await screen.shows(/^2\/4 /m);
});

describe("rerun", () => {
  test("changed, it runs by itself and appears in the table", async () => {
    await using board = await fresh();
    const { screen } = board;
    screen.press("ar");
    await screen.shows(/disease exp run .*families={logistic: {C: 0\.1, preparation: standard}}/);
    screen.press(Key.ctrl("u"), "skin --set '");
    await screen.shows("a quote is not closed");
    screen.press(Key.ctrl("u"), "skin --set 'families={logistic: {C: 7}}'", Key.enter);
    await screen.shows(/✓ sweep [0-9a-f]{8} runs by itself/);
    await screen.shows(/logistic \(1\)|logistic C=7/);
    await screen.shows(/^skin {2}5 runs/);
  });

  test("too long, it is stopped: the running trial, whose row says so", async () => {
    await using board = await fresh();
    const { screen, project } = board;
    screen.press("ar");
    await screen.shows("disease exp run");
    const grid = "{n_estimators: 100000, learning_rate: 0.0001, early_stopping_rounds: 0}";
    screen.press(Key.ctrl("u"), `skin --set 'families={xgboost: ${grid}}'`, Key.enter);
    await screen.shows(/✓ sweep [0-9a-f]{8} runs by itself/);
    await screen.shows(/1 running/);
    await screen.shows(/▶ .*xgboost/);
    screen.press("/xgboost", Key.enter);
    await screen.shows(/^❯ .*xgboost/m);
    screen.press("as");
    await screen.shows(/Stop xgboost.*\?/);
    screen.press("y");
    await screen.shows(/✓ stopped xgboost/);
    await screen.shows((text) => !text.includes("1 running"));
    const stopped = (await project.runs("skin")).find((r) => r.info.runName.startsWith("xgboost"));
    expect(stopped?.info.status).toBe("KILLED");
  });

  test("unchanged, it is the same trial: there is nothing left to run", async () => {
    await using board = await fresh();
    board.screen.press("ar");
    await board.screen.shows("disease exp run");
    board.screen.press(Key.enter);
    await board.screen.shows("✓ nothing was left to run");
  });

  test("wrong, the reason is said in place", async () => {
    await using board = await fresh();
    board.screen.press("ar");
    await board.screen.shows("disease exp run");
    board.screen.press(Key.ctrl("u"), "skin --set families.logistic.Q=3", Key.enter);
    await board.screen.shows(/✗ unknown key "Q"/);
  });
});

test("the menu names what can be done with its keys, says what cannot, and copies a command", async () => {
  await using board = await fresh();
  const { screen } = board;
  screen.press("a");
  await screen.shows("Act on logistic C=0.1");
  for (const line of [
    /❯ p {2}promote/,
    /x {2}delete/,
    /s {2}stop .*it is not running/,
    /u {2}restore .*nothing is deleted/,
  ])
    expect(screen.text()).toMatch(line);
  screen.press("s");
  await screen.shows(/it is not running\n/);
  screen.press("gjjjj");
  await screen.shows(/❯ t {2}tag/);
  // A click beside the lines chooses none, neither when the button goes down nor when it comes up.
  screen.click(
    2,
    screen.rows().findIndex((row) => row.includes("Act on logistic")),
  );
  screen.press("y");
  await screen.shows(/copied: disease runs tag [0-9a-f]{8} --set KEY=VALUE/);
});

describe("the registry", () => {
  test("begins with it, moves versions through its stages, and shows what was done", async () => {
    await using board = await fresh(["--screen", "registry"]);
    const { screen, json, run, project } = board;
    await screen.shows("No model is registered yet");
    const ids = new Map((await project.runs("skin")).map((r) => [r.info.runName, r.info.runId]));
    await run(`disease models promote --run ${ids.get("logistic C=0.1")} --gate buena --to Production`);
    await run(`disease models promote --run ${ids.get("logistic C=1")} --to Staging`);
    // What others did appears by itself.
    await screen.shows(/None {2}0 +Staging {2}1 +Production {2}1 +Archived {2}0/);
    expect(screen.text()).toMatch(/skin\/2 @challenger +❯skin\/1 @champion/);
    expect(screen.text()).toMatch(/f1_macro 0\.96/);

    screen.press("h", "p");
    await screen.shows("Promote version 2 of skin to");
    screen.press(Key.enter);
    await screen.shows("type skin to promote it:");
    screen.press("skin", Key.enter);
    await screen.shows("version 2 of skin is in stage Production now in place of version 1");
    screen.press(Key.enter);
    await screen.shows(/Production {2}1 +Archived {2}1/);

    screen.press("b");
    await screen.shows("Put the previous champion of skin back?");
    screen.press("y");
    await screen.shows("✓ version 1 of skin is in stage Production now");
    await screen.shows(/skin\/1 @champion/);
    expect(await json("models show skin")).toMatchObject({ aliases: { champion: "1" } });

    screen.press("A");
    await screen.shows("alias");
    screen.press("piloto", Key.enter);
    await screen.shows(/✓ @piloto is version \d of skin/);
    await screen.shows(/@piloto +/);
    expect(await json<Trail>("models history skin")).toMatchObject({ problems: [] });
  });

  test("shows a version with its audit: who, when, what, the verdicts, the reason; and its run", async () => {
    await using board = await fresh(["--screen", "registry"], { rows: 60 });
    const { screen, run } = board;
    await run("disease models promote --from-experiment skin --gate buena --to Production");
    await run("disease models demote skin@champion --confirm skin --reason 'unidades cambiadas'");
    await screen.shows(/Archived {2}1/);
    screen.press(Key.enter);
    await screen.shows(/demote/);
    const text = screen.text();
    expect(text).toMatch(/stage +Archived/);
    expect(text).toMatch(
      /\d{4}-\d\d-\d\d \d\d:\d\d {2}demote {2}\S+@\S+\n +1: Production → Archived, @champion: 1 → –\n +reason: unidades cambiadas/,
    );
    expect(text).toMatch(/promote .*\n.*\n +gate test: pass, look number 1\n +✓ pass {2}metric accuracy ≥ 0\.2/);
    expect(text).toMatch(/f1_macro +1/);
    screen.press("o");
    await screen.shows(/1 Overview .*7 Files/);
    screen.press("q", "q");
    await screen.shows(/Archived {2}1/);
  });

  test("lets through what awaits approval, and withdraws a champion only by the name", async () => {
    await using board = await fresh(["--screen", "registry"]);
    const { screen, run, json } = board;
    await run("disease models promote --from-experiment skin --gate buena --to Production --require-approval");
    await screen.shows("1 awaiting approval");
    await screen.shows(/awaits Production/);
    screen.press("v");
    await screen.shows("Let version 1 of skin through to Production?");
    screen.press("y");
    await screen.shows("✓ version 1 of skin is in stage Production now");
    await screen.shows(/skin\/1 @champion/);
    screen.press("d");
    await screen.shows("this leaves skin without a champion");
    screen.press("otra", Key.enter);
    await screen.shows("type skin to go on");
    expect(await json("models show skin")).toMatchObject({ aliases: { champion: "1" } });
    screen.press(Key.ctrl("u"), "skin", Key.enter);
    await screen.shows("✓ version 1 of skin is in stage Archived now");
    expect(await json("models show skin")).toMatchObject({ aliases: {} });
  });

  test("puts champion and challenger side by side, tested on the same patients", async () => {
    await using board = await fresh(["--screen", "registry"]);
    const { screen, run, project } = board;
    const ids = new Map((await project.runs("skin")).map((r) => [r.info.runName, r.info.runId]));
    await run(`disease models promote --run ${ids.get("logistic C=0.1")} --gate buena --to Production`);
    await run(`disease models promote --run ${ids.get("logistic C=0.01")} --to Staging`);
    await screen.shows(/@challenger +❯skin\/1 @champion/);
    screen.press("=");
    await screen.shows("2 configurations compared");
    await screen.shows(/^ *C +0\.1 +0\.01/m);
    await screen.shows(/val_f1_macro +★ 1\.0000 +0\.58/);
    screen.press("3");
    await screen.shows(/mcnemar/);
  });

  test("fits 80 × 24", async () => {
    await using board = await fresh(["--screen", "registry"], { cols: 80, rows: 24 });
    const { screen, run } = board;
    await run("disease models promote --from-experiment skin --gate buena --to Production");
    await screen.shows(/None {2}0 +Staging {2}0 +Production {2}1 +Archived {2}0/);
    expect(screen.text()).toContain("❯skin/1 @champion");
  });
});
