import { type Block, facts, gap, type Section, some, text } from "./blocks.ts";
import type { Act, CardInput } from "./input.ts";

const day = (milliseconds: number): string => new Date(milliseconds).toISOString();

/** What the model is, who made it, and from what. */
export function modelDetails(input: CardInput): Section {
  const { registered, run, trial, family, facts: origin, files, declared, trail, split } = input;
  const first = trail?.records.find(({ act, version }) => act === "register" && version === registered?.version);
  const engines = Object.entries(origin?.engines ?? {}).flatMap(([id, version]) =>
    version ? [`${id} ${version}`] : [],
  );
  const dirty = origin?.git?.dirty ? ", with uncommitted changes" : "";
  const blocks: Block[] = [
    facts({
      model: registered ? `${registered.name}, version ${registered.version}` : "not registered",
      stage: registered?.stage,
      aliases: registered?.aliases.map((alias) => `@${alias}`).join(", "),
      source: registered?.source,
      "registered by": first && `${first.who}, ${first.when}`,
      owner: declared?.says.owner,
      contact: declared?.says.contact,
      "terms of use": declared?.says.licence,
      family: family ? `${family.title} (${run.params.family}): ${family.description}` : run.params.family,
      preparation: trial?.preparation.steps.map(({ id }) => id).join(" > "),
      run: `${run.id} (${run.name})`,
      experiment: run.experiment,
      "trained by": run.user,
      "trained on": day(run.started),
      fold: split?.fold === null || split === null ? undefined : String(split.fold + 1),
      "code version": origin ? `${origin.disease.codeVersion} (disease ${origin.disease.version})` : undefined,
      "git commit": origin?.git ? `${origin.git.commit}${dirty}` : undefined,
      engines: engines.join(", "),
      node: origin?.node,
      system: origin && `${origin.machine.os}, ${origin.machine.cpu}, ${origin.machine.cores} cores`,
      knowledge: origin?.knowledge && knowledgeText(origin.knowledge),
      files: files ? `${files.names.length}, ${(files.bytes / 1e6).toFixed(4)} MB with those for MLflow` : undefined,
      "SHA-256 of the files": files?.hash,
    }),
  ];
  if (!declared?.says.owner) blocks.push(gap("who answers for the model", "the project's lead"));
  if (!declared?.says.licence) blocks.push(gap("the terms under which the model may be used", "the project's lead"));
  return {
    id: "model-details",
    title: "Model details",
    blocks,
    sections: trial ? [{ id: "parameters", title: "Parameters", blocks: [parameters(input)] }] : [],
  };
}

const knowledgeText = (releases: Readonly<Record<string, string>>): string =>
  Object.entries(releases)
    .map(([name, release]) => `${name} ${release}`)
    .join(", ");

function parameters({ run, trial }: CardInput): Block {
  const steps = trial!.preparation.steps.map(({ id, params }): [string, string] => [
    `step ${id}`,
    Object.entries(params ?? {})
      .map(([key, value]) => `${key}: ${JSON.stringify(value)}`)
      .join(", ") || "–",
  ]);
  return {
    kind: "table",
    caption: "Parameters of the model and of its preparation",
    columns: [{ title: "parameter" }, { title: "value" }],
    rows: [...Object.entries(run.params), ...steps].map(([key, value]) => [key, value]),
  };
}

/** What it is for: said by people, or printed as gaps. */
export function intendedUse({ experiment, declared, declaredAt }: CardInput): Section {
  const use = declared?.says.intended_use;
  const blocks: Block[] = [];
  if (experiment?.description) blocks.push(text(`The experiment says: ${experiment.description}`));
  blocks.push(
    facts({ purpose: use?.purpose, users: use?.users, patients: use?.population, "point of care": use?.care_pathway }),
  );
  for (const [what, said] of [
    ["what its answer is for", use?.purpose],
    ["who uses it", use?.users],
    ["for which patients it is", use?.population],
  ] as const) {
    if (!said) blocks.push(gap(`${what} (intended_use in ${declaredAt})`, "a clinician of the field"));
  }
  const out = use?.out_of_scope ?? [];
  if (out.length > 0) blocks.push(text("It must not be used for:"), { kind: "list", items: out });
  else blocks.push(gap("what it must not be used for", "a clinician of the field"));
  return { id: "intended-use", title: "Intended use", blocks };
}

/** What may change the answer: columns by kind, and the groups that were looked at. */
export function factors({ data, missing, experiment, subgroups, declared }: CardInput): Section {
  const blocks: Block[] = [];
  if (data) {
    const kinds = [...new Set(data.columns.map(({ kind }) => kind))];
    blocks.push({
      kind: "table",
      caption: "Columns that the model sees, by kind",
      columns: [{ title: "kind" }, { title: "columns", numeric: true }, { title: "names" }],
      rows: kinds.map((kind) => {
        const names = data.columns.filter((column) => column.kind === kind).map(({ name }) => name);
        return [kind, String(names.length), some(names, 60)];
      }),
    });
    if (missing) {
      const rows = Object.entries(missing).filter(([, share]) => share > 0);
      rows.sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
      blocks.push(
        rows.length === 0
          ? text("No training row lacks a value.")
          : {
              kind: "table",
              caption: "Missing values in the training rows",
              columns: [{ title: "column" }, { title: "share", numeric: true }],
              rows: rows.slice(0, 60).map(([name, share]) => [name, share.toFixed(4)]),
            },
      );
    } else blocks.push(gap("the share of missing values by column, which the run does not say", "the data owner"));
  }
  const read = [...(experiment?.extra ?? [])];
  if (read.length > 0) blocks.push(text(`Read, and not seen by the model: ${read.join(", ")}.`));
  if (subgroups.problem !== null) blocks.push(gap(`subgroups: ${subgroups.problem}`, "the study team"));
  else if (!declared?.says.subgroups?.length) {
    blocks.push(
      gap("by which groups of patients performance is to be shown (subgroups in the facts file)", "the study team"),
    );
  }
  return { id: "factors", title: "Factors", blocks };
}

/** What became of it, by the audit trail, and whether it is watched. */
export function history({ trail, registered, monitoring }: CardInput): Section {
  const blocks: Block[] = [];
  if (trail === null || registered === null) blocks.push(text("The run is not registered: it has no history."));
  else {
    blocks.push(
      text(
        trail.problems.length === 0
          ? `The audit trail is whole: ${trail.records.length} records, each with the hash of the one before.`
          : `The audit trail is not whole: ${trail.problems.join("; ")}.`,
      ),
      {
        kind: "table",
        caption: `Acts on ${registered.name}`,
        columns: ["#", "when", "who", "act", "version", "changes", "gate", "reason"].map((title) =>
          title === "#" || title === "version" ? { title, numeric: true } : { title },
        ),
        rows: trail.records.map((r) => [
          String(r.sequence),
          r.when,
          r.who,
          r.act,
          r.version,
          changesOf(r),
          r.gate ? `${r.gate.gate}: ${r.gate.verdict}` : "",
          r.reason ?? "",
        ]),
      },
    );
  }
  const tags = Object.entries(monitoring);
  const watch: Block =
    tags.length === 0
      ? text("No report of its monitoring is on the version or its run.")
      : facts(Object.fromEntries(tags));
  return {
    id: "history",
    title: "History and monitoring",
    blocks,
    sections: [{ id: "monitoring", title: "Monitoring", blocks: [watch] }],
  };
}

function changesOf({ stages, aliases }: Act): string {
  const moved = [
    ...Object.entries(stages).map(([version, [from, to]]) => `${version}: ${from} → ${to}`),
    ...Object.entries(aliases).map(([alias, [from, to]]) => `@${alias}: ${from ?? "none"} → ${to ?? "none"}`),
  ];
  return moved.join(", ");
}
