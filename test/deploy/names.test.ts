import { expect, test } from "vitest";
import { imageName, parseImage, resourceName } from "../../src/deploy/names.ts";
import { HOSTILE } from "../support/deploy.ts";

const NAMES = [
  "skin",
  "Skin",
  "SKIN",
  "skin 2",
  "skin-2",
  "3rd",
  "piel ñ",
  "皮膚",
  "",
  "-",
  "a".repeat(300),
  HOSTILE,
  "x/../y",
];

test("a model's name becomes a label that begins with a letter, whatever it is, and no two share one", () => {
  const made = NAMES.map((name) => resourceName(name));
  for (const name of made) expect(name).toMatch(/^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$/);
  expect(new Set(made).size).toBe(NAMES.length);
  expect(made[0]).toBe("disease-skin");
});

test("where names must be shorter, they are, and still differ", () => {
  const made = NAMES.map((name) => resourceName(name, 32));
  for (const name of made) expect(name.length).toBeLessThanOrEqual(32);
  expect(new Set(made).size).toBe(NAMES.length);
});

test("the image of a version is one that Docker takes, and says version and files", () => {
  for (const name of NAMES) {
    const image = imageName({ name, version: "7", hash: "c0ffee".repeat(10) });
    expect(parseImage(image)).toEqual({ name: resourceName(name), tag: "7-c0ffeec0ffee" });
  }
});

test("an image's name is read with its registry, tag and digest", () => {
  const digest = `sha256:${"a1".repeat(32)}`;
  expect(parseImage(`registry.example.org:5000/team/skin:3@${digest}`)).toEqual({
    name: "registry.example.org:5000/team/skin",
    tag: "3",
    digest,
  });
  expect(parseImage("node:24-bookworm-slim")).toEqual({ name: "node", tag: "24-bookworm-slim" });
  for (const wrong of ["", "Skin", "skin:", "skin@sha256:12", "skin; rm", "skin\nRUN x", "a b", "$(x)"])
    expect(parseImage(wrong), wrong).toBeUndefined();
});
