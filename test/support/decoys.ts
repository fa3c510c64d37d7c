import type { DiseaseKnowledge } from "../../src/ranking/knowledge.ts";

/** The same knowledge, in which a dozen other publications are left out besides the one that is asked for. */
export function withDecoys(knowledge: DiseaseKnowledge): DiseaseKnowledge {
  const { references } = knowledge.base.annotations;
  const papers = references.filter((text) => /^PMID:\d+$/.test(text));
  return {
    ...knowledge,
    without(publication) {
      const view = knowledge.without(publication);
      const first = Number(publication?.replace(/\D/g, "") ?? 0) % papers.length;
      const decoys = Array.from({ length: 12 }, (_, i) => papers[(first + i * 97) % papers.length]);
      const pruned = decoys.flatMap((decoy) => [...knowledge.without(decoy).changed]);
      return { ...view, changed: new Map([...pruned, ...view.changed]) };
    },
  };
}
