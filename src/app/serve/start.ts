/** The service, put together: model, log, routes, watch over the alias, and an end in order. */
import { messageOf, UserError } from "../../core/errors.ts";
import type { ModelIdentity, PredictionLog, ServedModel } from "../../core/serving/serving.ts";
import { openPredictionLog } from "../../lake/predictions/log.ts";
import { abstentionFor } from "../../serving/clinical/abstention.ts";
import { createMetrics, metricsRoutes } from "../../serving/http/metrics.ts";
import { mlflowRoutes } from "../../serving/mlflow/routes.ts";
import { createServer } from "../../serving/server.ts";
import { createService, type Service } from "../../serving/service.ts";
import { createSwap, tryModel } from "../../serving/swap.ts";
import { predictionsFolder } from "../monitor/folder.ts";
import type { Project } from "../project.ts";
import { patientHash, projectKey } from "../project-key.ts";
import { openServed, servedVersion } from "../served/open.ts";
import { keepHeapSmall } from "../small-heap.ts";
import type { ServeOptions, Serving } from "./options.ts";
import { serviceRoutes } from "./routes.ts";
import { doorsOf, limitsOf } from "./settings.ts";

/** @throws UserError when the model cannot be used, the port is taken, or the settings are not sensible */
export async function startServing(project: Project, options: ServeOptions): Promise<Serving> {
  const { tls, ...doors } = doorsOf(options);
  const settings = { ...doors, ...limitsOf(options) };
  const open = async (address: string): Promise<ServedModel> => {
    // Requests leave little behind: with more room for new objects the process takes 30 MB more and answers no sooner.
    keepHeapSmall();
    try {
      return await openServed(project, address, options);
    } finally {
      keepHeapSmall();
    }
  };
  const openAnswering = async (): Promise<ServedModel> => {
    const opened = await open(options.address);
    try {
      abstentionFor(opened, settings.abstain);
      return opened;
    } catch (error) {
      opened.dispose();
      throw error;
    }
  };
  const model = await openAnswering();
  const tellAbstention = (of: ServedModel): void => {
    const { told } = abstentionFor(of, settings.abstain);
    if (told !== null) tell(told);
  };
  const shadowAddress = shadowOf(options, model.identity);
  const log = options.log ? openPredictionLog({ folder: predictionsFolder(project, model.identity) }) : null;
  const key = log === null ? "" : projectKey(project.root);
  const metrics = createMetrics();
  let tell = (message: string): void => options.notify({ message });
  const service = createService({
    ...{ settings, model, shadow: null, log, metrics },
    hashPatient: (patient) => patientHash(key, patient),
    problem: (message) => tell(message),
  });
  try {
    tryModel(model);
    tellAbstention(model);
    const app = createServer({
      ...{ context: service.context, metrics, tls },
      ...{ logTo: options.logTo, logLevel: options.logLevel },
      routes: [mlflowRoutes, metricsRoutes(metrics), ...(await serviceRoutes(project, options))],
    });
    const looks = watchers(project, options, service, shadowAddress, {
      ...{ open, openAnswering },
      tell: (message) => tell(message),
      swapped: (result, role, now) => {
        metrics.swapped(result);
        if (now === null || result !== "done") return;
        metrics.uses(now.identity, role);
        if (role === "answer") tellAbstention(now);
      },
    });
    if (shadowAddress !== null) await looks.shadow();
    const url = await listen(app, options);
    tell = (message) => app.log.warn({ notice: message }, "notice");
    const timers = [
      repeat(options.watch, looks.model),
      repeat(options.watch, shadowAddress === null ? null : looks.shadow),
      repeat(LOG_LOOK, log === null ? null : logWatch(log, (message) => tell(message))),
    ];
    let ended: Promise<void> | undefined;
    const end = async (): Promise<void> => {
      const { delay, most } = options.drain;
      service.drain(delay > 0);
      app.log.info({ seconds: delay }, "draining");
      if (delay > 0) await new Promise((resolve) => setTimeout(resolve, 1000 * delay));
      const hurry = setTimeout(() => app.server.closeAllConnections(), 1000 * most);
      await app.close();
      clearTimeout(hurry);
      await Promise.all(timers.map((stop) => stop()));
      await service.close();
      if (log !== null && log.dropped > 0)
        tell(`${log.dropped} predictions were not kept: ${log.problem ?? "the disk was slow"}`);
    };
    return {
      url,
      model: model.identity,
      stop() {
        ended ??= end();
        return ended;
      },
    };
  } catch (error) {
    await service.close();
    throw error;
  }
}

/** Seconds between looks at the prediction log. */
const LOG_LOOK = 5;

/** "@challenger" is that of the model which is served. */
function shadowOf({ shadow, address }: ServeOptions, { name }: ModelIdentity): string | null {
  if (shadow === undefined) return null;
  if (!shadow.startsWith("@")) return shadow;
  if (name !== null) return `models:/${name}${shadow}`;
  throw new UserError("a model that is not registered has no aliases", {
    where: `--shadow ${shadow}`,
    fix: `Serve models:/NAME@champion in place of ${address}, or name the shadow's own address.`,
  });
}

interface Watched {
  open(address: string): Promise<ServedModel>;
  /** The model that answers, as its address means it now. */
  openAnswering(): Promise<ServedModel>;
  tell(message: string): void;
  swapped(result: "done" | "refused", role: "answer" | "shadow", model: ServedModel | null): void;
}

/** Looks at what the addresses mean now; null where an address always means the same. */
function watchers(
  project: Project,
  { address }: ServeOptions,
  service: Service,
  shadowAddress: string | null,
  { open, openAnswering, tell, swapped }: Watched,
): { readonly model: (() => Promise<void>) | null; readonly shadow: () => Promise<void> } {
  const swapFor = (role: "answer" | "shadow", from: string): (() => Promise<void>) =>
    createSwap({
      ...{ role, tell, now: Date.now },
      slot: role === "answer" ? service.model : service.shadow,
      look: () => versionNow(project, from),
      open: () => (role === "answer" ? openAnswering() : open(from)),
      asked: () => service.model.model,
      swapped: (result, model) => swapped(result, role, model),
    });
  // "models:/NAME/3" is version 3 for ever.
  const moves = address.startsWith("models:/") && !/\/\d+$/.test(address);
  return {
    model: moves ? swapFor("answer", address) : null,
    shadow: shadowAddress === null ? async () => {} : swapFor("shadow", shadowAddress),
  };
}

async function versionNow(project: Project, address: string): Promise<{ version: string } | null> {
  if (!address.startsWith("models:/")) return { version: address };
  try {
    return await servedVersion(project, address, () => {});
  } catch (error) {
    if (error instanceof UserError && /has no @/.test(error.message)) return null;
    throw error;
  }
}

async function listen(app: ReturnType<typeof createServer>, { host, port }: ServeOptions): Promise<string> {
  try {
    return await app.listen({ host, port });
  } catch (error) {
    await app.close();
    const { code } = error as NodeJS.ErrnoException;
    const what = code === "EADDRINUSE" ? "the port is taken" : messageOf(error);
    throw new UserError(what, { where: `${host}:${port}`, fix: "Name another one: --port 0 takes any that is free." });
  }
}

/** Does something again and again, a while after it was done. @returns stops it, once it is done */
function repeat(seconds: number, action: (() => Promise<void>) | null): () => Promise<void> {
  if (action === null || seconds === 0) return async () => {};
  let running: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  const next = (): void => {
    timer = setTimeout(() => {
      running = action().then(() => {
        if (timer !== undefined) next();
      });
    }, 1000 * seconds);
  };
  next();
  return async () => {
    clearTimeout(timer);
    timer = undefined;
    await running;
  };
}

/** Tells when predictions begin to be lost, and when all is well again. */
function logWatch(log: PredictionLog, tell: (message: string) => void): () => Promise<void> {
  let before: string | null = null;
  return async () => {
    const { problem, dropped } = log;
    if (problem !== before) {
      tell(
        problem === null
          ? `predictions are kept again; ${dropped} are lost`
          : `predictions wait or are lost (${dropped} so far): ${problem}`,
      );
    }
    before = problem;
  };
}
