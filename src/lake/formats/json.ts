import type { SqlReader } from "../../core/lake.ts";
import { jsonReader } from "../json/table.ts";

export const reader: SqlReader = {
  id: "json",
  title: "JSON (a list of objects, or one after the other)",
  detect: (name) => (/\.json$/i.test(name) ? 0.5 : 0),
  ...jsonReader("auto"),
};
