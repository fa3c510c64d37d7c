import type { Orphanet } from "../core/knowledge.ts";

/** Types of entries that gather unrelated diseases. */
const BROAD = ["Category", "Clinical group"];

/** The diseases that Orphanet has under one entry with each, itself included: numbered subtypes mostly. */
export function orphanetGroups({ ids, types, omim }: Orphanet): (disease: string) => ReadonlySet<string> {
  const groups = new Map<string, Set<string>>();
  ids.forEach((id, entry) => {
    if (BROAD.includes(types[entry])) return;
    const members = [id, ...omim[entry]];
    for (const member of members) {
      const group = groups.get(member) ?? new Set([member]);
      groups.set(member, group);
      for (const other of members) group.add(other);
    }
  });
  return (disease) => groups.get(disease) ?? new Set([disease]);
}
