import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { connect } from "../src/index.ts";
import { clientOf, json, standIn } from "./support/stand-in.ts";

const fixture = (name: string): string => join(import.meta.dirname, "fixtures", name);
const read = (name: string): string => readFileSync(fixture(name), "utf8");
const SERVER = { cert: read("server.pem"), key: read("server.key") };

test("a certificate of an unknown authority is refused at once, before anything is sent", async () => {
  const server = await standIn((_, r) => json(r, {}), SERVER);
  const call = clientOf(server.url).experiments.get("1");
  await expect(call).rejects.toMatchObject({ kind: "network", retriable: false, reached: false });
  expect(server.seen).toEqual([]);
});

test("a given authority is trusted, and the client shows its own certificate", async () => {
  const tls = { ...SERVER, ca: read("authority.pem"), requestCert: true, rejectUnauthorized: true };
  const server = await standIn((_, r) => json(r, {}), tls);
  const own = read("client.pem");
  await clientOf(server.url, { tls: { ca: read("authority.pem"), cert: own, key: own } }).experiments.get("1");
  const env = {
    MLFLOW_TRACKING_URI: server.url,
    MLFLOW_TRACKING_SERVER_CERT_PATH: fixture("authority.pem"),
    MLFLOW_TRACKING_CLIENT_CERT_PATH: fixture("client.pem"),
  };
  await connect({ env }).experiments.get("1");
  expect(server.seen).toHaveLength(2);
  await expect(
    clientOf(server.url, { tls: { ca: read("authority.pem") }, retry: { attempts: 1 } }).experiments.get("1"),
  ).rejects.toThrow();
});

test("verification can be switched off", async () => {
  const server = await standIn((_, r) => json(r, {}), SERVER);
  await connect({ env: { MLFLOW_TRACKING_URI: server.url, MLFLOW_TRACKING_INSECURE_TLS: "true" } }).experiments.get(
    "1",
  );
  expect(server.seen).toHaveLength(1);
});
