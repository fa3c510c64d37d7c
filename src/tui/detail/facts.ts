import type { FactSection } from "../../app.ts";
import type { Theme } from "../theme.ts";
import { type Document, documentOf } from "./tab.ts";
import { pairs, title } from "./text.ts";

/** What is needed to train a run again, by section. */
export function factsDocument(theme: Theme, sections: readonly FactSection[], width: number): Document {
  const lines = sections.flatMap((section) => [title(theme, section.title), ...pairs(theme, section.facts, width), ""]);
  return documentOf(lines.length > 0 ? lines : ["The run keeps no facts: it was not recorded by this program."]);
}
