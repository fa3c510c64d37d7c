import { expect, test } from "vitest";
import { ageModel, EXAMPLE, split, startService } from "../support/serving/serving.ts";

const ROW = [25, false, "low"] as const;
const PREDICTED = { predictions: [{ cold: 0.75, flu: 0.25 }] };

test("a row is answered alike in every form of the protocol", async () => {
  await using service = startService();
  const record = { age: 25, smoker: false, grade: "low" };
  const forms = [
    split(ROW),
    { ...split(ROW), params: { any: 1 } },
    { dataframe_split: { columns: ["grade", "extra", "age", "smoker"], index: [7], data: [["low", 1, 25, false]] } },
    { dataframe_records: [record] },
    { instances: [record] },
    { inputs: [record] },
    { inputs: { age: [25], smoker: [false], grade: ["low"] } },
    { inputs: { age: 25, smoker: false, grade: "low" } },
    { instances: { age: [25], smoker: [false], grade: ["low"] } },
  ];
  for (const form of forms) expect((await service.post(form)).json).toEqual(PREDICTED);
  const csv = 'smoker,"age",grade\r\nno,25,"lo""w"\r\n';
  expect((await service.post(csv, { "content-type": "text/csv; charset=utf-8" })).json).toEqual(PREDICTED);
});

test("many rows are answered in their order, no row with none", async () => {
  await using service = startService();
  const { json } = await service.post(split([25, 0, "low"], [50, 1, "high"]));
  expect(json).toEqual({ predictions: [PREDICTED.predictions[0], { cold: 0.5, flu: 0.5 }] });
  expect((await service.post(split())).json).toEqual({ predictions: [] });
});

test("the texts of a service's checks are MLflow's", async () => {
  await using service = startService();
  const get = (url: string) => service.app.inject({ url });
  for (const url of ["/ping", "/health"]) expect(await get(url)).toMatchObject({ statusCode: 200, body: "\n" });
  expect((await get("/version")).body).toMatch(/^\d+\.\d+\.\d+$/);
});

test("JSON that is malformed, or no form of the protocol, is refused with 400 and without a piece of it", async () => {
  await using service = startService();
  const bodies = [
    '{"dataframe_split": {"columns": ["age"], "data": [[secret]]}}',
    '{"dataframe_split"',
    "",
    "[1, 2]",
    "null",
    {},
    { rows: [ROW] },
    { ...split(ROW), instances: [] },
    { dataframe_split: [ROW] },
    { dataframe_split: { columns: ["age"], data: [[1, 2]] } },
    { dataframe_split: { columns: ["age"], data: [7] } },
    { dataframe_split: { data: [[1]], secret: 1 } },
    { dataframe_split: { columns: "age", data: [] } },
    { dataframe_records: { age: 1 } },
    { dataframe_records: [ROW] },
    { inputs: { age: [1, 2], smoker: [true] } },
    { inputs: [1, 2] },
    { instances: 7 },
    Buffer.from([0x22, 0xff, 0x22]),
  ];
  for (const body of bodies) {
    const { status, json } = await service.post(body as object);
    expect({ status, json }, JSON.stringify(body)).toMatchObject({ status: 400, json: { error_code: "BAD_REQUEST" } });
    expect(JSON.stringify(json)).not.toContain("secret");
  }
});

test("a CSV table that is cut off or has too long a line is refused by line", async () => {
  await using service = startService();
  const post = async (csv: string) => (await service.post(csv, { "content-type": "text/csv" })).json;
  expect(await post('age,smoker,grade\n1,no,"low')).toMatchObject({ message: expect.stringContaining("line 2") });
  expect(await post("age,smoker,grade\n\n1,no,low,more\n")).toMatchObject({ error_code: "BAD_REQUEST" });
  expect(await post("\ufeffage,smoker,grade\n,,\n")).toEqual({ predictions: [{ cold: 0.5, flu: 0.5 }] });
});

test("other types and encodings are refused with 415", async () => {
  await using service = startService();
  for (const type of ["text/plain", "application/vnd.apache.parquet", "application/json; charset=latin1"]) {
    expect((await service.post(split(ROW), { "content-type": type })).status).toBe(415);
  }
});

test("missing columns are named, all of them", async () => {
  await using service = startService();
  const { status, json } = await service.post({ dataframe_records: [{ smoker: true }, { other: 1 }] });
  expect(status).toBe(422);
  expect(json).toEqual({
    error_code: "INVALID_PARAMETER_VALUE",
    message: 'Model is missing inputs: "age", "grade"',
    missing: ["age", "grade"],
  });
});

test("a record without a column that others have does not know its value", async () => {
  await using service = startService();
  const { json } = await service.post({ dataframe_records: [EXAMPLE, { smoker: true, grade: "low" }] });
  expect(json).toMatchObject({ predictions: [{}, { cold: 0.5, flu: 0.5 }] });
});

test("wrong types are named by row and column, never by value", async () => {
  await using service = startService();
  const { status, json } = await service.post(split(ROW, ["secret", false, "low"], [1, { secret: 1 }, ["secret"]]));
  expect(status).toBe(422);
  expect(json).toMatchObject({
    problems: [
      { row: 1, column: "age" },
      { row: 2, column: "smoker" },
      { row: 2, column: "grade" },
    ],
  });
  expect(JSON.stringify(json)).not.toContain("secret");
});

test("NaN is missing, as Python writes it; infinite and huge numbers are refused", async () => {
  await using service = startService();
  const body = (age: string) =>
    `{"dataframe_records": [{"age": ${age}, "smoker": NaN, "grade": "NaN Infinity \\" NaN"}]}`;
  expect((await service.post(body("NaN"))).json).toEqual({ predictions: [{ cold: 0.5, flu: 0.5 }] });
  for (const age of ["Infinity", "-Infinity", "1e999", "1e300", "-3.5e38"]) {
    expect(await service.post(body(age))).toMatchObject({
      status: 422,
      json: { problems: [{ row: 0, column: "age" }] },
    });
  }
});

test("50,000 columns are refused, and the service goes on", async () => {
  await using service = startService({ settings: { bodyLimit: 1 << 25 } });
  const names = Array.from({ length: 50_000 }, (_, i) => `c${i}`);
  const wide = { dataframe_split: { columns: names, data: [names.map(() => 1)] } };
  expect(await service.post(wide)).toMatchObject({
    status: 422,
    json: { message: expect.stringContaining("50000 columns") },
  });
  const record = Object.fromEntries(names.map((name) => [name, 1]));
  expect((await service.post({ dataframe_records: [record] })).status).toBe(422);
  expect((await service.post(split(ROW))).status).toBe(200);
});

test("more rows than a request may have are refused", async () => {
  await using service = startService({ settings: { maxRows: 2 } });
  expect((await service.post(split(ROW, ROW, ROW))).status).toBe(422);
});

test("categories that training did not have are accepted and counted", async () => {
  await using service = startService();
  const { status } = await service.post(split([25, false, "strange"], [25, false, "low"], [25, false, "odd"]));
  expect(status).toBe(200);
  await service.service.close();
  expect(await service.metric(/^disease_unknown_levels_total/)).toBe('disease_unknown_levels_total{column="grade"} 2');
});

test("keys that mean something to JavaScript are columns like others", async () => {
  const bodies = [
    '{"dataframe_records": [{"__proto__": {"age": 25}, "constructor": {"prototype": {"smoker": true}}, "grade": "low"}]}',
    '{"__proto__": {"dataframe_records": [{"age": 1, "smoker": 0, "grade": "low"}]}}',
    '{"inputs": {"__proto__": [1], "toString": [1]}}',
    '{"dataframe_split": {"columns": ["__proto__", "constructor"], "data": [[{"age": 1}, 2]]}}',
  ];
  await using service = startService();
  for (const body of bodies) expect((await service.post(body)).status).toBeGreaterThanOrEqual(400);
  expect(({} as Record<string, unknown>).age).toBeUndefined();
  const good = '{"dataframe_records": [{"__proto__": 1, "constructor": 2, "age": 25, "smoker": 0, "grade": "low"}]}';
  expect((await service.post(good)).json).toEqual(PREDICTED);
});

test("a model may have columns by such names", async () => {
  const input = [...["__proto__", "constructor"], "age"].map((name) => ({ name, kind: "numeric" }) as const);
  await using service = startService({ model: ageModel({ input }) });
  expect((await service.post('{"dataframe_records": [{"__proto__": 1, "constructor": 2, "age": 25}]}')).json).toEqual(
    PREDICTED,
  );
  expect((await service.post({ dataframe_records: [{ age: 25 }] })).json).toMatchObject({
    missing: ["__proto__", "constructor"],
  });
  const columns = ["constructor", "age", "__proto__"];
  expect((await service.post({ dataframe_split: { columns, data: [[1, 25, 3]] } })).json).toEqual(PREDICTED);
});

test("an answer has the id that its log record has, row by row", async () => {
  await using service = startService();
  const one = await service.post(split(ROW), { "x-request-id": "lab-7" });
  const two = await service.post(split(ROW, ROW));
  await service.service.close();
  const id = two.headers["x-prediction-id"];
  expect(service.records.map((record) => record.id)).toEqual([one.headers["x-prediction-id"], `${id}:0`, `${id}:1`]);
  expect(service.records[0]).toMatchObject({
    request: "lab-7",
    role: "answer",
    model: { name: "skin", version: "1" },
    patient: null,
    features: { age: 25, smoker: false, grade: "low" },
    probabilities: { cold: 0.75, flu: 0.25 },
    abstained: false,
  });
  expect(one.headers["x-model"]).toBe("skin/1");
});

test("the shadow model is scored besides, and only kept", async () => {
  const shadow = ageModel({ version: "2" });
  await using service = startService({ shadow });
  expect((await service.post(split(ROW))).json).toEqual(PREDICTED);
  await service.service.close();
  expect(service.records.map(({ role, model, id }) => [role, model.version, id])).toEqual([
    ["answer", "1", service.records[0]!.id],
    ["shadow", "2", service.records[0]!.id],
  ]);
});

test("a shadow model that fails is told once, and harms no answer", async () => {
  const told: string[] = [];
  const shadow = {
    ...ageModel({ version: "2" }),
    predictProba: () => {
      throw new Error("broken");
    },
  };
  await using service = startService({ shadow, problem: (message) => told.push(message) });
  for (let i = 0; i < 3; i++) expect((await service.post(split(ROW))).status).toBe(200);
  await service.service.close();
  expect(told).toEqual(["the shadow model failed on 1 row: broken"]);
});
