import { type Block, count, facts, gap, type Section, text } from "./blocks.ts";
import type { CardInput } from "./input.ts";

/** Classes that are listed with their patients; of more, the rest is summed up. */
const CLASSES = 200;

/** Where the patients come from and how they were divided. */
export function dataSection(input: CardInput): Section {
  const { data, split, experiment, declared } = input;
  const blocks: Block[] = [];
  const said = declared?.says.data;
  blocks.push(
    facts({
      file: data?.source,
      "SHA-256 of the content": data?.hash,
      rows: data && String(data.rows),
      target: data && `${data.target}, ${count(data.classes.length, "class", "classes")}`,
      "kept together by": experiment?.group ?? undefined,
      origin: said?.origin,
      collected: said?.collected,
      setting: said?.setting,
      eligibility: said?.eligibility,
      licence: said?.licence,
    }),
  );
  for (const [what, value] of [
    ["where the data come from and whom they represent", said?.origin],
    ["when they were collected", said?.collected],
    ["under which terms they can be had", said?.licence],
  ] as const) {
    if (!value) blocks.push(gap(what, "who collected the data"));
  }
  const notices = [...(data?.notices ?? []), ...(split?.report.notices ?? [])].map(({ message }) => message);
  if (notices.length > 0)
    blocks.push(text("Noticed on reading and dividing:"), { kind: "list", items: [...new Set(notices)] });
  return {
    id: "data",
    title: "Training and evaluation data",
    blocks,
    sections: split ? [{ id: "split", title: "Split", blocks: splitBlocks(split) }] : [],
  };
}

const DUPLICATES = {
  together: "kept on one side of the split",
  drop: "left out but for the first",
  allow: "treated like others",
} as const;

function splitBlocks({ seed, fold, hash, report, sizes }: NonNullable<CardInput["split"]>): Block[] {
  const shown = report.classes.slice(0, CLASSES);
  const rest = report.classes.length - shown.length;
  return [
    facts({
      method: report.method,
      seed: String(seed),
      fold: fold === null ? undefined : String(fold + 1),
      "SHA-256": hash,
      "groups (patients, publications)": report.groups === null ? undefined : String(report.groups),
      "identical rows": `${report.duplicateRows}, ${DUPLICATES[report.duplicatePolicy]}`,
      "rows left out": report.droppedRows > 0 ? String(report.droppedRows) : undefined,
      rows: `${sizes.train} training, ${sizes.validation} validation, ${sizes.test} test`,
    }),
    {
      kind: "table",
      caption: `Rows by class and part${rest > 0 ? ` (${rest} classes more are not listed)` : ""}`,
      columns: [
        { title: "class" },
        ...["train", "validation", "test"].map((title) => ({ title, numeric: true as const })),
      ],
      rows: shown.map(({ name, train, validation, test }) => [name, String(train), String(validation), String(test)]),
    },
    text(
      "The test rows are read by gates alone; training, early stopping and the leaderboard see train and validation.",
    ),
  ];
}
