import { expect, test } from "vitest";
import { everyDeployment, HOSTILE, instructions, textOf, version } from "../support/deploy.ts";

const DOCKERFILES = [
  ["docker", "Dockerfile"],
  ["docker with the model", "Dockerfile"],
  ["compose", "disease/Dockerfile"],
  ["compose", "mlflow/Dockerfile"],
] as const;

const lines = (target: string, path: string, name = "skin") =>
  instructions(textOf(everyDeployment(version(name))[target]!, path));

test.each(DOCKERFILES)(
  "%s, %s: no root, no ADD, base images with a version, commands that receive signals",
  (target, path) => {
    const all = lines(target, path);
    const args = new Map(
      all.filter(({ name }) => name === "ARG").map(({ rest }) => rest.split("=") as [string, string]),
    );
    const last = all.findLastIndex(({ name }) => name === "FROM");
    for (const { name, rest } of all) {
      if (name === "FROM") {
        const base = args.get(/^\$\{(\w+)\}/.exec(rest)?.[1] ?? "");
        expect(base).toMatch(/^[a-z]+:(?!latest)[\w.-]+(@sha256:[0-9a-f]{64})?$/);
      }
      expect(name).not.toBe("ADD");
      if (name === "CMD" || name === "ENTRYPOINT") expect(JSON.parse(rest)).toBeInstanceOf(Array);
    }
    const users = all.slice(last).filter(({ name }) => name === "USER");
    expect(users.length).toBeGreaterThan(0);
    for (const { rest } of users) expect(rest).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    // nothing is written after the user was changed, and what runs belongs to root: the service cannot change its own code
    expect(all.slice(last).findIndex(({ name }) => name === "USER")).toBeGreaterThan(
      all.slice(last).findLastIndex(({ name }) => name === "COPY" || name === "RUN"),
    );
    expect(all.filter(({ rest }) => rest.includes("--chown"))).toEqual([]);
  },
);

test.each(DOCKERFILES.slice(0, 2))("%s: a health check without curl, and a stop signal", (target, path) => {
  const all = lines(target, path);
  const check = all.find(({ name }) => name === "HEALTHCHECK")!.rest;
  const words = JSON.parse(check.slice(check.indexOf("["))) as string[];
  expect(words[0]).toBe("node");
  expect(all.find(({ name }) => name === "STOPSIGNAL")?.rest).toBe("SIGTERM");
});

test.each(["skin", HOSTILE])("the image that holds the model says which, and serves its folder: %j", (name) => {
  const all = lines("docker with the model", "Dockerfile", name);
  const label = all.find((one) => one.name === "LABEL")!.rest;
  const values = Object.fromEntries(
    Array.from(label.matchAll(/([\w.]+)="((?:[^"\\]|\\.)*)"/g), ([, key, text]) => [
      key,
      text!.replaceAll(/\\(.)/g, "$1"),
    ]),
  );
  expect(values).toMatchObject({
    "disease.model.name": name.replaceAll("\t", "�"),
    "disease.model.hash": "ab".repeat(32),
    "org.opencontainers.image.version": "3",
  });
  expect(all.filter(({ rest }) => /^served \.\/served$/.test(rest))).toHaveLength(1);
  const command = JSON.parse(all.find((one) => one.name === "CMD")!.rest) as string[];
  expect(command.slice(0, 4)).toEqual(["node", "bin/run.js", "serve", "served"]);
});

test("the image that asks the registry is told the address as it is, and names no version", () => {
  const all = lines("docker", "Dockerfile", HOSTILE);
  const command = JSON.parse(all.find((one) => one.name === "CMD")!.rest) as string[];
  expect(command[3]).toBe(`models:/${HOSTILE}@champion`);
  expect(all.find((one) => one.name === "LABEL")!.rest).not.toContain("image.version");
});

test("of the build's context only the model is sent", () => {
  const ignored = (target: string): string => textOf(everyDeployment(version())[target]!, ".dockerignore");
  expect(ignored("docker")).toBe("*\n");
  expect(ignored("docker with the model")).toBe("*\n!served\n");
});
