import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { disease } from "../../support/cli.ts";

function project(): { readonly root: string } & Disposable {
  const root = mkdtempSync(join(tmpdir(), "disease-test-lake-cli-"));
  mkdirSync(join(root, "experiments"));
  return { root, [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }) };
}

test("a lake from its making to the removal of what is not needed", async () => {
  using place = project();
  const run = (...args: string[]) => disease(["lake", ...args], { cwd: place.root });
  expect((await run("init")).stdout).toContain("created lake/README.md");
  writeFileSync(join(place.root, "patients.csv"), "id,name,age\n1,Miriam,20\n2,Jonas,30\n3,Ruth,40,9\n");

  const added = await run("add", "patients.csv");
  expect(added).toMatchObject({ code: 6, stderr: "" });
  expect(added.stdout).toContain("lake://patients@v1");
  expect(added.stdout).toContain("1 line put aside");
  expect(added.stdout).not.toMatch(/Miriam|Jonas|Ruth/);
  expect((await run("add", "patients.csv")).stdout).toContain("in the lake already");

  expect((await run("tables")).stdout).toMatch(/patients +v1 +2 +3/);
  expect((await run("ls")).stdout).toMatch(/^ +1 .* patients /m);
  const shown = (await run("show", "patients")).stdout;
  expect(shown).toMatch(/age +BIGINT/);
  expect(shown).not.toMatch(/Miriam|Jonas|Ruth/);
  expect((await run("show", "1")).stdout).toContain("1 put aside");

  const asked = await run("sql", "SELECT name, age FROM patients ORDER BY age", "--json");
  expect(JSON.parse(asked.stdout)).toMatchObject({
    rows: [
      { name: "Miriam", age: 20 },
      { name: "Jonas", age: 30 },
    ],
  });
  expect((await run("sql", "SELECT age FROM patients ORDER BY 1", "--csv")).stdout).toBe("age\n20\n30\n");
  const written = await run("sql", "SELECT age FROM patients ORDER BY 1", "--out", "ages.csv");
  expect(written).toMatchObject({ code: 0, stderr: "" });
  expect(readFileSync(join(place.root, "ages.csv"), "utf8")).toBe("age\n20\n30\n");
  const refused = await run("sql", "SELECT * FROM read_text('patients.csv')");
  expect(refused.code).toBe(2);

  expect(await run("verify")).toMatchObject({ code: 0 });
  expect((await run("gc", "--now")).stdout).toContain("0 removed");
  const folder = join(place.root, "lake", "curated", "patients");
  const [part] = readdirSync(folder);
  writeFileSync(join(folder, part!), "broken");
  const broken = await run("verify");
  expect(broken.code).toBe(3);
  expect(broken.stdout).toContain(part!);
});

test("of four processes who take files in at once, each file lands once", async () => {
  using place = project();
  const names = ["a", "b", "c", "d"].map((name) => {
    writeFileSync(join(place.root, `${name}.csv`), `id\n${name}1\n${name}2\n`);
    return `${name}.csv`;
  });
  const env = { DISEASE_JOBS: "1" };
  const ended = await Promise.all(
    names.map((_, i) => disease(["lake", "add", ...names.slice(0, i + 1), "--table", "t"], { cwd: place.root, env })),
  );
  expect(ended.map(({ code, stderr }) => ({ code, stderr }))).toEqual(names.map(() => ({ code: 0, stderr: "" })));
  const asked = await disease(["lake", "sql", "SELECT id FROM t ORDER BY id", "--csv"], { cwd: place.root });
  expect(asked.stdout.trim().split("\n")).toEqual(["id", "a1", "a2", "b1", "b2", "c1", "c2", "d1", "d2"]);
});

const canMount = spawnSync("unshare", ["-m", "sh", "-c", "mount -t tmpfs tmpfs /mnt"]).status === 0;

test(`a full disk ends an ingest with one clear error and leaves nothing of it (${canMount ? "a small file system" : "small files"})`, async () => {
  using place = project();
  const lines = Array.from({ length: 200_000 }, (_, i) => `${i},${Math.sin(i) * 1e9},${Math.cos(i) * 1e9}\n`);
  writeFileSync(join(place.root, "big.csv"), `id,x,y\n${lines.join("")}`);
  mkdirSync(join(place.root, "disk"));
  // The mount is the program's own and goes with it; without the right to mount, files of 2 MB stand for it.
  const limit = canMount ? "mount -t tmpfs -o size=8m tmpfs disk" : "trap '' XFSZ; ulimit -f 2048";
  const script = `${limit}; "$@"; code=$?; find disk -type f; exit $code`;
  const through = [...(canMount ? ["unshare", "-m"] : []), "bash", "-c", script, "bash"];
  const env = { DISEASE_LAKE: join(place.root, "disk") };
  const full = await disease(["lake", "add", "big.csv"], { cwd: place.root, env, through });
  expect(full).toMatchObject({ code: 7, stdout: "" });
  expect(full.stderr).toMatch(/^error: the disk is full$/m);
  expect(full.stderr.match(/^error: /gm)).toHaveLength(1);
});
