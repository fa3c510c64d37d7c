import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { writeDeployment } from "../../src/app/deploy/write.ts";
import { everyDeployment, HOSTILE, laidOut, textOf, version } from "../support/deploy.ts";

interface Service {
  readonly deploy: { readonly resources: { readonly limits: object } };
  readonly volumes: readonly { readonly type: string; readonly source: string }[];
  readonly networks: readonly string[];
  readonly secrets?: readonly (string | { readonly source: string })[];
}

const FORCE = { force: true, dryRun: false };
const PLAIN = { force: false, dryRun: false };

test.each(["skin", HOSTILE])("the same version gives the same bytes, each file once, inside the folder: %j", (name) => {
  for (const [target, { files, next }] of Object.entries(everyDeployment(version(name)))) {
    expect(everyDeployment(version(name))[target]).toEqual({ files, next, notices: expect.anything() });
    expect(new Set(files.map(({ path }) => path)).size).toBe(files.length);
    for (const { path } of files) expect(path).toMatch(/^(?!\/)(?!.*\.\.)[\w./-]+$/);
  }
});

test("a compose file puts nothing in for what a name holds", () => {
  const { services } = parse(textOf(everyDeployment(version(HOSTILE)).compose!, "compose.yaml")) as {
    services: Record<string, { ports?: { host_ip: string }[]; image?: string }>;
  };
  expect(JSON.stringify(services)).not.toContain("pwned)");
  for (const { ports = [] } of Object.values(services))
    for (const { host_ip } of ports) expect(host_ip).toBe("127.0.0.1");
  expect(services.db!.ports).toBeUndefined();
});

test("the compose file waits for what it needs, limits all of it, and has its secrets from files", () => {
  const file = parse(textOf(everyDeployment(version()).compose!, "compose.yaml"));
  expect(file.services.disease.depends_on).toEqual({ mlflow: { condition: "service_healthy" } });
  expect(file.services.mlflow.depends_on).toEqual({ db: { condition: "service_healthy" } });
  for (const service of Object.values(file.services) as Service[]) {
    expect(service).toMatchObject({ read_only: true, cap_drop: ["ALL"], healthcheck: expect.anything() });
    expect(service.deploy.resources.limits).toMatchObject({ cpus: expect.any(String), memory: expect.any(String) });
    for (const { type, source } of service.volumes) if (type === "volume") expect(file.volumes).toHaveProperty(source);
    for (const network of service.networks) expect(file.networks).toHaveProperty(network);
    for (const secret of service.secrets ?? [])
      expect(file.secrets).toHaveProperty(typeof secret === "string" ? secret : secret.source);
  }
  for (const secret of Object.values(file.secrets)) expect(Object.keys(secret as object)).toEqual(["file"]);
  expect(textOf(everyDeployment(version()).compose!, ".gitignore")).toContain("secrets/");
});

test("files that are there and differ are named, and nothing is written", () => {
  using there = laidOut([]);
  const { files } = everyDeployment(version()).kubernetes!;
  expect(new Set(writeDeployment(there.root, files, PLAIN).map(({ state }) => state))).toEqual(new Set(["new"]));
  expect(new Set(writeDeployment(there.root, files, PLAIN).map(({ state }) => state))).toEqual(new Set(["same"]));
  const edited = join(there.root, "base/service.yaml");
  writeFileSync(edited, "mine\n");
  expect(() => writeDeployment(there.root, files, PLAIN)).toThrow(
    expect.objectContaining({
      message: "a file would be overwritten",
      where: expect.stringContaining("base/service.yaml"),
    }),
  );
  expect(readFileSync(edited, "utf8")).toBe("mine\n");
  const rehearsed = writeDeployment(there.root, files, { force: false, dryRun: true });
  expect(rehearsed.filter(({ state }) => state === "changed").map(({ path }) => path)).toEqual(["base/service.yaml"]);
  expect(readFileSync(edited, "utf8")).toBe("mine\n");
  writeDeployment(there.root, files, FORCE);
  expect(readFileSync(edited, "utf8")).toBe(textOf(everyDeployment(version()).kubernetes!, "base/service.yaml"));
});

test("a rehearsal makes no folder", () => {
  using there = laidOut([]);
  const folder = join(there.root, "deep", "down");
  writeDeployment(folder, everyDeployment(version()).docker!.files, { force: false, dryRun: true });
  expect(() => readFileSync(join(folder, "Dockerfile"))).toThrow("ENOENT");
});

test("a place that cannot be written to is the user's error, with a way out", () => {
  using there = laidOut([]);
  const blocked = join(there.root, "file");
  mkdirSync(dirname(blocked), { recursive: true });
  writeFileSync(blocked, "");
  expect(() => writeDeployment(blocked, everyDeployment(version()).docker!.files, PLAIN)).toThrow(
    expect.objectContaining({ name: "UserError", fix: [expect.stringContaining("--out")] }),
  );
});
