import { messageOf, UserError } from "../../core/errors.ts";
import type { ModelVersion } from "../../core/registry.ts";
import { writeFileAt } from "../../experiments/files.ts";
import { findRun } from "../../experiments/read/browse.ts";
import { type ModelState, parseRef, readState, versionOf, type Workbench } from "../../registry/state.ts";
import { type BuiltCard, buildCard } from "../../reports/card/card.ts";
import { cardHtml } from "../../reports/card/html.ts";
import { cardMarkdown } from "../../reports/card/markdown.ts";
import type { Project } from "../project.ts";
import { type CardSubject, collectCard } from "./collect.ts";

/** Where a run keeps the card of its model. */
export const CARD_FILES = { markdown: "card/model-card.md", html: "card/model-card.html" } as const;
/** Tag of the version that names it. */
const CARD_TAG = "disease.card";

export interface ModelCard extends Omit<BuiltCard, "card"> {
  readonly model: string | null;
  readonly version: string | null;
  readonly runId: string;
  readonly markdown: string;
  readonly html: string;
  /** Files that were written, as they were named. */
  readonly written: readonly string[];
  /** Artifacts of the run that the card was kept as. */
  readonly logged: readonly string[];
}

export interface CardOptions {
  /** Facts file in place of experiments/cards/NAME.yaml. */
  readonly facts?: string;
  /** .md or .html; the other one is not written. */
  readonly out?: string;
  /** Keep it as artifacts of the run, and name it on the version. */
  readonly log?: boolean;
}

/**
 * The card of a registered version or of a run.
 * @param subject NAME, NAME@alias, NAME/VERSION, models:/…, runs:/ID/model, a run's id or its first digits
 * @throws UserError when there is none, or the facts file is wrong
 */
export async function modelCard(
  project: Project,
  bench: Workbench,
  subject: string,
  { facts, out, log = false }: CardOptions = {},
): Promise<ModelCard> {
  const kind = out === undefined ? undefined : kindOf(out);
  const found = await findSubject(bench, subject);
  const card = await makeCard(project, bench, found, facts);
  if (kind !== undefined) writeFileAt(out!, card[kind]);
  const logged = log ? await keepCard(bench, found, card) : [];
  return { ...card, written: out === undefined ? [] : [out], logged };
}

/**
 * Keeps the card of a version with its run, as after a registration or promotion; what hinders it is worth a note, since the
 * version stands without it.
 */
export async function tryLogCard(project: Project, bench: Workbench, name: string, version: string): Promise<void> {
  try {
    const found = await findSubject(bench, `${name}/${version}`);
    await keepCard(bench, found, await makeCard(project, bench, found));
  } catch (error) {
    bench.notify(
      `the model card of version ${version} of ${name} is not kept: ${messageOf(error)}; disease models card says more`,
    );
  }
}

async function makeCard(
  project: Project,
  bench: Workbench,
  found: CardSubject,
  facts?: string,
): Promise<Omit<ModelCard, "written" | "logged">> {
  const { card, ...built } = buildCard(await collectCard(project, bench.store, found, facts));
  const version = found.registered?.version;
  return {
    model: version?.name ?? null,
    version: version?.version ?? null,
    runId: found.run.info.runId,
    ...built,
    markdown: cardMarkdown(card),
    html: cardHtml(card),
  };
}

function kindOf(file: string): "markdown" | "html" {
  if (/\.html?$/i.test(file)) return "html";
  if (/\.(md|markdown)$/i.test(file)) return "markdown";
  throw new UserError("a card is Markdown or HTML", { where: file, fix: "Name the file .md or .html." });
}

async function findSubject(bench: Workbench, text: string): Promise<CardSubject> {
  const run = /^runs:\/([^/]+)(\/.*)?$/.exec(text)?.[1];
  if (run !== undefined) return ofRun(bench, run);
  const ref = parseRef(text);
  const named = text.startsWith("models:/") || ref.version !== undefined || ref.alias !== undefined;
  if (!named && /^[0-9a-f]{4,32}$/i.test(text) && (await bench.registry.getModel(text)) === undefined) {
    return ofRun(bench, text);
  }
  const state = await readState(bench.registry, ref.name);
  return ofVersion(bench, state, versionOf(state, ref));
}

async function ofVersion(bench: Workbench, state: ModelState, version: ModelVersion): Promise<CardSubject> {
  if (version.runId === null) {
    throw new UserError("the version belongs to no run, and a card is made from one", {
      where: `version ${version.version} of model ${version.name}`,
      fix: "Register a run of this store instead.",
    });
  }
  return { run: await bench.store.getRun(version.runId), registered: { state, version } };
}

/** A run, and the newest version that it is registered as. */
async function ofRun(bench: Workbench, id: string): Promise<CardSubject> {
  const run = await findRun(bench.store, id);
  const models = await bench.registry.listModels();
  const states = await Promise.all(models.map(({ name }) => readState(bench.registry, name)));
  const versions = states.flatMap((state) => state.versions.map((version) => ({ state, version })));
  const own = versions.filter(({ version }) => version.runId === run.info.runId);
  own.sort((a, b) => b.version.creationTime - a.version.creationTime || (a.version.name < b.version.name ? -1 : 1));
  return own[0] === undefined ? { run } : { run, registered: own[0] };
}

/** Writes both files into the run and names them on the version. The model's own files, and so its hash, stay as they are. */
async function keepCard(
  { store, registry }: Workbench,
  { run, registered }: CardSubject,
  card: Pick<ModelCard, "markdown" | "html">,
): Promise<readonly string[]> {
  const { runId } = run.info;
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
  await store.writeArtifact(runId, CARD_FILES.markdown, bytes(card.markdown));
  await store.writeArtifact(runId, CARD_FILES.html, bytes(card.html));
  if (registered) {
    const { name, version } = registered.version;
    const address = `runs:/${runId}/${CARD_FILES.markdown}`;
    if (registered.version.tags[CARD_TAG] !== address) {
      await registry.change(name, { versionTags: { [version]: { [CARD_TAG]: address } } });
    }
  }
  return Object.values(CARD_FILES);
}
