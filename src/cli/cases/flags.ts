import { Flags } from "@oclif/core";
import { methodIds } from "../../app.ts";

/** Flags of all commands that rank diseases for cases. */
export const rankingFlags = {
  method: Flags.string({
    description: `How diseases are ranked: ${methodIds.join(", ")}`,
    env: "DISEASE_METHOD",
    helpValue: "METHOD",
  }),
  knowledge: Flags.string({
    char: "k",
    description: "Folder with hp.obo, phenotype.hpoa and Orphanet's file; the project's data/knowledge when absent",
    env: "DISEASE_KNOWLEDGE",
    helpValue: "DIR",
  }),
  candidates: Flags.option({
    description: "Whose diseases can be an answer",
    env: "DISEASE_CANDIDATES",
    options: ["omim", "orpha", "both"] as const,
    default: "omim" as const,
  })(),
  evidence: Flags.option({
    description: "What is known of diseases: HPOA alone, or Orphanet's frequencies and the diseases' names too",
    env: "DISEASE_EVIDENCE",
    options: ["hpoa", "all"] as const,
    default: "all" as const,
  })(),
};

export const leavePublicationOutFlag = Flags.boolean({
  description: "Leave out annotations that rest on the case's own publication alone, for every disease",
  env: "DISEASE_LEAVE_PUBLICATION_OUT",
  default: false,
});
