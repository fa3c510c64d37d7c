import { posix } from "node:path";
import { UserError } from "../core/errors.ts";
import { checkKey, checkLength } from "./limits.ts";

/** MLflow's rules for the names of a registry (mlflow/utils/validation.py of 3.5 and 3.17); lengths in characters. */
const MAX = { model: 256, alias: 255, tag: 100_000, description: 5000, source: 500 } as const;

/** @throws UserError for a name that MLflow does not take */
export function checkModelName(name: string): void {
  const fix = "Use a name that is not blank and has no / or : in it.";
  const where = JSON.stringify(name.length > 60 ? `${name.slice(0, 60)}…` : name);
  if (name.trim() === "") throw new UserError("a registered model needs a name", { where, fix });
  if (/[/:]/.test(name) || posix.normalize(name) !== name || name === "." || name.startsWith("..")) {
    throw new UserError("MLflow does not take this name for a registered model", { where, fix });
  }
  checkLength("The model's name", name, MAX.model, where);
}

/** @throws UserError for an alias that MLflow does not take or keeps for itself */
export function checkAlias(alias: string): void {
  const where = `alias ${JSON.stringify(alias.length > 60 ? `${alias.slice(0, 60)}…` : alias)}`;
  if (!/^[\p{L}\p{N}_-]+$/u.test(alias)) {
    throw new UserError("MLflow does not take this alias", { where, fix: "Use letters, digits, _ and - only." });
  }
  if (/^(latest|v\d+)$/i.test(alias)) {
    throw new UserError("MLflow keeps this alias for itself", {
      where,
      fix: 'Choose one that is not "latest" and not v with a number.',
    });
  }
  checkLength("The alias", alias, MAX.alias, where);
}

/** @throws UserError at the first tag of a model or version that MLflow would not take */
export function checkRegistryTags(tags: Readonly<Record<string, string>>, where: string): void {
  for (const [key, value] of Object.entries(tags)) {
    checkKey("tag", key, where);
    checkLength(`The value of tag ${key}`, value, MAX.tag, where);
  }
}

/** @throws UserError for a description that is too long */
export function checkDescription(text: string, where: string): void {
  checkLength("The description", text, MAX.description, where);
}

/** @throws UserError for an address that is too long */
export function checkSource(source: string, where: string): void {
  checkLength("The source", source, MAX.source, where);
}

/** @throws UserError for a name that MLflow does not take */
export function checkLoggedModelName(name: string): void {
  const where = JSON.stringify(name.slice(0, 60));
  if (name === "" || /[/:.%"']/.test(name)) {
    throw new UserError("MLflow does not take this name for a logged model", {
      where,
      fix: `Leave out / : . % " and '.`,
    });
  }
  checkLength("The logged model's name", name, 500, where);
}
