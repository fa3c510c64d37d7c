/** What a note says of the patient, term by term, where it says it more than once. */
import type { Mention, MentionStatus } from "../core/formats/notes.ts";

export interface NoteTermStatus {
  readonly term: string;
  readonly label: string;
  readonly status: MentionStatus;
  readonly mentions: number;
  /** Whether the note both affirms and excludes it. */
  readonly conflict: boolean;
}

/** The first that is said holds: who once had seizures has them, though he denies them today; what was suspected and excluded is excluded. */
const ORDER: readonly MentionStatus[] = ["present", "excluded", "uncertain", "family"];

/** One status a term, in the order in which the note comes to them. */
export function resolveMentions(mentions: readonly Mention[]): NoteTermStatus[] {
  const byTerm = new Map<string, Mention[]>();
  for (const mention of mentions) byTerm.set(mention.term, [...(byTerm.get(mention.term) ?? []), mention]);
  return [...byTerm].map(([term, all]) => {
    const said = new Set(all.map(({ status }) => status));
    return {
      term,
      label: all[0].label,
      status: ORDER.find((status) => said.has(status)) ?? "present",
      mentions: all.length,
      conflict: said.has("present") && said.has("excluded"),
    };
  });
}
