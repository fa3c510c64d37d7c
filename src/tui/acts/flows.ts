/** What each act asks before it is run: a menu, a line to type, a yes. All wait without holding up keys. */

import { shellWord } from "../../app.ts";
import { textAt } from "../../core/board/run-table.ts";
import { messageOf } from "../../core/errors.ts";
import { visible } from "../../core/formats/visible.ts";
import { Tag } from "../../core/trial.ts";
import { confirmPanel } from "../panels/confirm.tsx";
import { menuPanel } from "../panels/menu.tsx";
import { promptPanel } from "../panels/prompt.tsx";
import type { ActContext } from "./acts.ts";
import { promote } from "./promote.ts";
import { type ActName, type ActSubject, refOf, shortId, type VersionSubject, versionsOf } from "./subject.ts";
import { typedName } from "./typed-name.ts";
import { splitWords } from "./words.ts";

/** Begins an act; what it throws is told. */
export function begin(context: ActContext, act: ActName, subject: ActSubject): void {
  FLOWS[act](context, subject).catch((error: unknown) => context.shell.tell(visible(messageOf(error)), "bad"));
}

type Flow = (context: ActContext, subject: ActSubject) => Promise<void>;

const FLOWS: Readonly<Record<ActName, Flow>> = {
  promote: async (context, subject) => promote(context, await promotable(context, subject)),

  async demote(context, subject) {
    const { shell, acts, source } = context;
    await withVersion(
      context,
      subject,
      "demote",
      ({ version }) => STANDING.test(version.stage),
      (of) => {
        const isChampion = of.version.stage === "Production";
        const words = ["models", "demote", refOf(of), ...(isChampion ? ["--confirm", of.model] : [])];
        const question = isChampion
          ? `this leaves ${of.model} without a champion`
          : `Take version ${of.version.version} of ${of.model} out of ${of.version.stage}?`;
        if (isChampion) typedName(shell, question, of.model, () => void acts.run(words));
        else shell.open(confirmPanel(shell, question, source.board.acts.command(words), () => void acts.run(words)));
      },
    );
  },

  async rollback(context, subject) {
    await withVersion(
      context,
      subject,
      "roll back",
      () => true,
      ({ model }) => {
        confirmed(context, `Put the previous champion of ${model} back?`, ["models", "rollback", model]);
      },
    );
  },

  async approve(context, subject) {
    await withVersion(
      context,
      subject,
      "approve",
      ({ version }) => version.awaiting !== null,
      (of) => {
        const question = `Let version ${of.version.version} of ${of.model} through to ${of.version.awaiting}?`;
        confirmed(context, question, ["models", "approve", refOf(of)]);
      },
    );
  },

  async alias(context, subject) {
    const { shell, acts } = context;
    await withVersion(
      context,
      subject,
      "name",
      () => true,
      (of) => {
        const own = of.version.aliases.filter((alias) => !/^(champion|challenger)$/.test(alias));
        const check = (text: string): { text: string; wrong: boolean } => ({
          text: own.includes(text.trim().replace(/^@/, ""))
            ? "Enter takes this alias away"
            : `Enter gives it to version ${of.version.version} of ${of.model}`,
          wrong: false,
        });
        const accept = (text: string): boolean => {
          const alias = text.trim().replace(/^@/, "");
          if (alias === "") return false;
          const words = own.includes(alias) ? [of.model, alias, "--delete"] : [refOf(of), alias];
          void acts.run(["models", "alias", ...words]);
          return true;
        };
        shell.open(promptPanel(shell, { label: "alias", text: "", check, accept }));
      },
    );
  },

  async tag({ shell, acts, source }, { runs }) {
    const { table } = source.board;
    const ids = runs.map(({ id }) => id);
    const known = table.columnIds
      .filter((id) => /^tags\.(?!disease\.|mlflow\.)/.test(id))
      .map((id) => id.slice("tags.".length));
    const check = (text: string): { text: string; wrong: boolean } => {
      const { key, value } = tagOf(text);
      if (key === "") return { text: `KEY=VALUE sets a tag of ${countOf(runs)}, KEY alone removes it`, wrong: false };
      return { text: `${value === undefined ? "removes" : "sets"} ${visible(key)}; Enter does it`, wrong: false };
    };
    const accept = (text: string): boolean => {
      const { key, value } = tagOf(text);
      if (key === "") return false;
      const change = value === undefined ? ["--unset", key] : ["--set", `${key}=${value}`];
      void acts.run(["runs", "tag", ...ids.map(shortId), ...change], ids);
      return true;
    };
    const complete = (text: string, at: number) => ({
      from: 0,
      to: at,
      candidates: text.slice(0, at).includes("=")
        ? []
        : known.filter((key) => key.startsWith(text.slice(0, at))).map((key) => ({ text: `${key}=`, note: "" })),
    });
    shell.open(promptPanel(shell, { label: "tag", text: "", check, complete, accept }));
  },

  async note({ shell, acts, source }, { runs }) {
    const { table } = source.board;
    const ids = runs.map(({ id }) => id);
    const row = table.rowOf(ids[0]!);
    const before = runs.length === 1 && row !== undefined ? textAt(table, `tags.${Tag.note}`, row) : undefined;
    const check = (text: string): { text: string; wrong: boolean } => ({
      text:
        text.trim() === "" && before !== undefined
          ? `Enter removes the note of ${countOf(runs)}`
          : `note of ${countOf(runs)}; MLflow shows it as the description`,
      wrong: false,
    });
    const accept = (text: string): boolean => {
      const isSame = runs.length === 1 && text.trim() === (before ?? "");
      if (!isSame) void acts.run(["runs", "note", ...ids.map(shortId), "--text", text.trim()], ids);
      return true;
    };
    shell.open(promptPanel(shell, { label: "note", text: before ?? "", check, accept }));
  },

  async rerun({ shell, acts, source }, { runs }) {
    const words = await source.board.acts.rerun(runs[0]!.id);
    const fixed = words.slice(0, 2); // exp run
    const check = (text: string): { text: string; wrong: boolean } =>
      splitWords(text) === undefined
        ? { text: "a quote is not closed", wrong: true }
        : { text: "change what is to be changed; Enter starts it by itself", wrong: false };
    const accept = (text: string): boolean => {
      const more = splitWords(text);
      if (more === undefined || more.length === 0) return false;
      void acts.startSweep([...fixed, ...more]);
      return true;
    };
    const text = words.slice(2).map(shellWord).join(" ");
    shell.open(promptPanel(shell, { label: "disease exp run", text, check, accept }));
  },

  async stop(context, { runs }) {
    const run = runs[0]!;
    confirmed(context, `Stop ${run.name}?`, ["exp", "stop", shortId(run.localId)], [run.id]);
  },

  async delete(context, { runs }) {
    const some = runs.filter((run) => !run.isDeleted);
    const words = ["runs", "delete", ...some.map(({ id }) => shortId(id)), "--yes"];
    confirmed(
      context,
      `Delete ${countOf(some)}?`,
      words,
      some.map(({ id }) => id),
    );
  },

  async restore({ acts }, { runs }) {
    const ids = runs.filter((run) => run.isDeleted).map(({ id }) => id);
    await acts.run(["runs", "restore", ...ids.map(shortId)], ids);
  },
};

const STANDING = /^(Staging|Production)$/;

function confirmed(
  { shell, acts, source }: ActContext,
  question: string,
  words: readonly string[],
  runs: readonly string[] = [],
): void {
  const command = source.board.acts.command(words);
  shell.open(confirmPanel(shell, question, command, () => void acts.run(words, runs)));
}

/** The version that an act means: the one itself, or that of the run; of several one is chosen. */
async function withVersion(
  { shell, source }: ActContext,
  { runs, of }: ActSubject,
  verb: string,
  fits: (version: VersionSubject) => boolean,
  act: (version: VersionSubject) => void,
): Promise<void> {
  if (of) return act(of);
  const all = versionsOf(await source.board.acts.models(), runs[0]!.id);
  const found = all.filter(fits);
  if (found.length === 1) return act(found[0]!);
  if (found.length === 0) {
    const what = all.length === 0 ? "is not registered (p promotes it)" : `has no version to ${verb}`;
    return shell.tell(visible(`${runs[0]!.name} ${what}`), "warn");
  }
  shell.open(
    menuPanel(shell, {
      context: "choice",
      title: `Which version to ${verb}?`,
      items: found.map((version) => ({ label: refOf(version), note: version.version.stage })),
      choose: (i) => act(found[i]!),
    }),
  );
}

/** What a promotion is of: a version, or a run that is registered on the way. */
async function promotable({ source }: ActContext, { runs, of }: ActSubject) {
  const run = runs[0];
  const version = of ?? versionsOf(await source.board.acts.models(), run!.id)[0];
  if (version) {
    return {
      model: version.model,
      words: [refOf(version)],
      label: `version ${version.version.version} of ${version.model}`,
    };
  }
  return { model: run!.experiment, words: ["--run", shortId(run!.id)], label: run!.name };
}

function tagOf(text: string): { key: string; value?: string } {
  const at = text.indexOf("=");
  return at < 0 ? { key: text.trim() } : { key: text.slice(0, at).trim(), value: text.slice(at + 1) };
}

const countOf = (runs: readonly { readonly name: string }[]): string =>
  runs.length === 1 ? visible(runs[0]!.name) : `${runs.length} runs`;
