import type { SqlReader } from "../../core/lake.ts";
import { fileLiteral } from "../engine/duck.ts";

export const reader: SqlReader = {
  id: "csv",
  title: "Text table (CSV, TSV)",
  kind: "sql",

  detect(name, head) {
    if (head.includes(0)) return 0;
    return /\.(csv|tsv)(\.gz)?$/i.test(name) ? 0.9 : /\.txt$/i.test(name) ? 0.2 : 0;
  },

  query: (path) =>
    `SELECT * FROM read_csv(${fileLiteral(path)}, store_rejects = true, header = true, rejects_limit = 0)`,
};
