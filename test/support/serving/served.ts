/** `disease serve` as a process of its own, over a real port. */
import { setTimeout as delay } from "node:timers/promises";
import { disease, type Program, startDisease } from "../cli.ts";
import type { TestProject } from "../project.ts";
import { skinProject } from "../skin.ts";

/** A project with the registered model "skin": versions 1 and 2 are two of its trials, the first is champion. */
export async function servedProject(): Promise<TestProject> {
  const project = await skinProject({});
  const runs = (await project.runs("skin")).filter(({ params }) => params.family === "logistic");
  const ids = runs.map((run) => run.info.runId);
  for (const id of ids.slice(0, 2)) await models(project, `register ${id} --name skin`);
  await promote(project, "1");
  return project;
}

export async function promote(project: TestProject, version: string): Promise<void> {
  await models(project, `promote skin/${version} --to Production --no-gate --reason test`);
}

async function models(project: TestProject, args: string): Promise<void> {
  const { code, stderr, stdout } = await disease(["models", ...args.split(" ")], { cwd: project.root });
  if (code !== 0) throw new Error(`models ${args} gave ${code}: ${stdout}${stderr}`);
}

export interface ServedProgram extends AsyncDisposable {
  readonly url: string;
  readonly program: Program;
  post(body: unknown): Promise<Response>;
}

/** Starts it and waits until it answers. */
export async function startServe(
  project: Pick<TestProject, "root">,
  args: readonly string[],
  options: { readonly env?: NodeJS.ProcessEnv; readonly through?: readonly string[] } = {},
): Promise<ServedProgram> {
  const program = await startDisease(["serve", ...args, "--port", "0"], { cwd: project.root, ...options });
  try {
    const url = (await program.said(/Server listening at (https?:\S+?)"/))[1]!;
    return {
      ...{ url, program },
      post: (body) =>
        fetch(`${url}/invocations`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: typeof body === "string" ? body : JSON.stringify(body),
        }),
      [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
    };
  } catch (error) {
    await program[Symbol.asyncDispose]();
    throw error;
  }
}

/** Looks until something is so; fails after a while. */
export async function until<T>(what: string, look: () => Promise<T | undefined | false>, seconds = 60): Promise<T> {
  for (const deadline = Date.now() + 1000 * seconds; Date.now() < deadline; await delay(50)) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
  }
  throw new Error(`it did not come about that ${what}`);
}
