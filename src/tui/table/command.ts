import { shellWord } from "../../app.ts";
import type { BoardView } from "../../board/view.ts";

/** The command that opens the board as it is seen. */
export function tableCommand(experiments: readonly string[], view: BoardView): string {
  const words = ["disease", "board", ...experiments];
  if (view.filter !== "") words.push("--filter", view.filter);
  if (view.sort.length > 0)
    words.push("--sort", view.sort.map(({ id, descending }) => `${id} ${descending ? "DESC" : "ASC"}`).join(", "));
  if (view.groupBy.length > 0) words.push("--group-by", view.groupBy.join(","));
  return words.map(shellWord).join(" ");
}
