import { Flags } from "@oclif/core";
import type { ServeOptions } from "../app.ts";
import { UserError } from "../core/errors.ts";

const NAMES = { below: "abstain-below", accuracy: "abstain-accuracy", noneAbove: "refer-above-none" } as const;

/** When no disease is named. @param env begins the names of the environment's variables, e.g. "DISEASE_SERVE" */
export function abstainFlags(env: string) {
  return {
    "abstain-below": Flags.string({
      description: "Name no disease where the best one is less probable: it is for a clinician",
      env: `${env}_ABSTAIN_BELOW`,
      helpValue: "P",
      exclusive: ["abstain-accuracy"],
    }),
    "abstain-accuracy": Flags.string({
      description: "The same, by the least probability from which on this share of answers was right on validation",
      env: `${env}_ABSTAIN_ACCURACY`,
      helpValue: "SHARE",
    }),
    "refer-above-none": Flags.string({
      description: "Of rankings: name no disease where it is likelier than P that it is none of them",
      env: `${env}_REFER_ABOVE_NONE`,
      helpValue: "P",
    }),
  };
}

/** @throws UserError for what is no probability */
export function abstentionOf(
  flags: Readonly<Partial<Record<(typeof NAMES)[keyof typeof NAMES], string>>>,
): ServeOptions["abstain"] {
  const of = (name: keyof typeof NAMES): number | null => {
    const text = flags[NAMES[name]];
    if (text === undefined) return null;
    const value = Number(text);
    if (text.trim() !== "" && value >= 0 && value <= 1) return value;
    throw new UserError("not a number from 0 to 1", {
      where: `--${NAMES[name]} ${text}`,
      fix: "Write it as 0.95, say.",
    });
  };
  return { below: of("below"), accuracy: of("accuracy"), noneAbove: of("noneAbove") };
}
