/** The OpenAPI document as a page of plain HTML: no script, no request to anywhere else. */
import { escapeHtml } from "../../core/formats/markup.ts";
import type { OpenApiDocument, Operation } from "./doc.ts";

export const STYLE = `:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif }
body { max-width: 60rem; margin: 0 auto; padding: 1rem }
code, pre { font-family: ui-monospace, monospace; font-size: 0.9em }
pre { overflow-x: auto; padding: 0.75rem; border: 1px solid GrayText; border-radius: 0.25rem }
section { border-top: 1px solid GrayText; margin-top: 2rem }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; vertical-align: top; padding: 0.25rem 0.75rem 0.25rem 0; border-bottom: 1px solid GrayText }
summary { cursor: pointer; padding: 0.25rem 0 }
`;

export function docsPage({ info, paths }: OpenApiDocument): string {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  );
  const links = operations.map(
    ({ path, method, operation }) =>
      `<li><a href="#${escapeHtml(operation.operationId)}"><code>${method} ${escapeHtml(path)}</code></a> ${escapeHtml(operation.summary)}</li>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(info.title)}: how to ask this service</title>
<link rel="stylesheet" href="docs/style.css">
</head>
<body>
<header>
<h1>How to ask this service</h1>
<p>${escapeHtml(info.description)}</p>
<p>The same for programs: <a href="openapi.json">openapi.json</a> (OpenAPI 3.1, disease ${escapeHtml(info.version)}).</p>
</header>
<nav aria-label="Routes"><ul>
${links.join("\n")}
</ul></nav>
<main>
${operations.map(({ path, method, operation }) => section(path, method, operation)).join("\n")}
</main>
</body>
</html>
`;
}

function section(path: string, method: string, operation: Operation): string {
  const { operationId, summary, description, parameters, requestBody, responses } = operation;
  const id = escapeHtml(operationId);
  return `<section aria-labelledby="${id}">
<h2 id="${id}"><code>${method} ${escapeHtml(path)}</code></h2>
<p>${escapeHtml(summary)}.</p>
${description === undefined ? "" : `<p>${escapeHtml(description)}</p>`}
${
  parameters === undefined
    ? ""
    : table(
        "Query",
        ["Name", "Meaning", "Schema"],
        parameters.map((each) => [
          code(each.name),
          escapeHtml(each.description ?? ""),
          code(JSON.stringify(each.schema)),
        ]),
      )
}
${requestBody === undefined ? "" : `<h3>Body</h3>\n${contents(requestBody.content)}`}
${table(
  "Answers",
  ["Status", "Meaning"],
  Object.entries(responses).map(([status, each]) => [code(status), escapeHtml(each.description)]),
)}
${Object.entries(responses)
  .filter(([status, each]) => status === "200" && each.content !== undefined)
  .map(([, each]) => contents(each.content!))
  .join("\n")}
</section>`;
}

function contents(content: NonNullable<Operation["requestBody"]>["content"]): string {
  return Object.entries(content)
    .map(([type, { schema, examples = {} }]) => {
      const shown = Object.values(examples).map(
        ({ summary, value }) => `<details><summary>Example: ${escapeHtml(summary)}</summary>${pre(value)}</details>`,
      );
      return `<p>${code(type)}</p>\n${shown.join("\n")}\n<details><summary>Schema of ${code(type)}</summary>${pre(schema)}</details>`;
    })
    .join("\n");
}

function table(title: string, head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = (list: readonly string[], tag: "td" | "th"): string =>
    `<tr>${list.map((cell) => (tag === "th" ? `<th scope="col">${cell}</th>` : `<td>${cell}</td>`)).join("")}</tr>`;
  return `<h3>${title}</h3>
<table><thead>${cells(head, "th")}</thead><tbody>${rows.map((row) => cells(row, "td")).join("")}</tbody></table>`;
}

// What scrolls has to be reached by the keyboard.
const pre = (value: unknown): string => `<pre tabindex="0">${escapeHtml(JSON.stringify(value, null, 2))}</pre>`;
const code = (value: string): string => `<code>${escapeHtml(value)}</code>`;
