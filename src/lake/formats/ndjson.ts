import type { SqlReader } from "../../core/lake.ts";
import { jsonReader } from "../json/table.ts";

export const reader: SqlReader = {
  id: "ndjson",
  title: "NDJSON (one object a line)",
  detect: (name) => (/\.(ndjson|jsonl)$/i.test(name) ? 0.5 : 0),
  ...jsonReader("newline_delimited"),
};
