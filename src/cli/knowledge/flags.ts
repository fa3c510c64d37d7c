import { Flags } from "@oclif/core";

export const knowledgeFlag = Flags.string({
  char: "k",
  description: "Folder of the knowledge base; the project's data/knowledge, else the excerpt that ships, when absent",
  env: "DISEASE_KNOWLEDGE",
  helpValue: "DIR",
});

export const langFlag = Flags.option({
  description: "Language of names",
  env: "DISEASE_LANG",
  options: ["en", "es"] as const,
  default: "en" as const,
})();
