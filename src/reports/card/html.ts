import { escapeHtml } from "../../core/formats/markup.ts";
import { printable } from "../_text.ts";
import type { Block, Card, Section } from "./blocks.ts";

const STYLE = `
:root { color-scheme: light; }
body { margin: 0; font: 16px/1.55 system-ui, sans-serif; color: #1b1f24; background: #fff; }
a { color: #0b4f9e; }
a.skip { position: absolute; left: -999em; }
a.skip:focus { left: 1em; top: 1em; background: #fff; padding: .5em; }
header, nav, main, footer { max-width: 60em; margin: 0 auto; padding: 0 1.25em; }
header { padding-top: 1.5em; }
h1 { font-size: 1.7em; line-height: 1.25; }
h2 { margin-top: 2em; border-bottom: 1px solid #c4cad1; padding-bottom: .2em; font-size: 1.35em; }
h3 { font-size: 1.1em; margin-top: 1.6em; }
nav ol { columns: 2; padding-left: 1.5em; }
.scroll { overflow-x: auto; margin: 1em 0; }
table { border-collapse: collapse; font-size: .92em; }
caption { text-align: left; font-weight: 600; padding: .3em 0; }
th, td { border: 1px solid #c4cad1; padding: .3em .6em; text-align: left; vertical-align: top; overflow-wrap: break-word; }
thead th { background: #eef1f4; }
.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
dl { display: grid; grid-template-columns: minmax(8em, 14em) 1fr; gap: .25em 1em; }
dt { font-weight: 600; }
dd { margin: 0; overflow-wrap: anywhere; }
.gap { border-left: .3em solid #8a5a00; background: #fff6e0; padding: .4em .8em; margin: .6em 0; }
figure { margin: 1em 0; }
figure svg { max-width: 100%; height: auto; }
footer { padding-bottom: 3em; color: #4a525c; font-size: .9em; }
@media print { nav, a.skip { display: none; } }
`;

/** The card as one HTML page that asks for nothing else: landmarks, headings in order, tables with captions, figures with texts. */
export function cardHtml({ title, summary, sections, footer }: Card): string {
  const contents = sections.map(({ id, title: name }) => `<li><a href="#${id}">${html(name)}</a></li>`);
  return `${[
    "<!doctype html>",
    '<html lang="en">',
    "<head>",
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`,
    `<title>${html(title)}</title>`,
    `<style>${STYLE}</style>`,
    "</head>",
    "<body>",
    '<a class="skip" href="#card">To the content</a>',
    "<header>",
    `<h1>${html(title)}</h1>`,
    `<ul>${summary.map((line) => `<li>${html(line)}</li>`).join("")}</ul>`,
    "</header>",
    `<nav aria-label="Sections"><ol>${contents.join("")}</ol></nav>`,
    '<main id="card">',
    ...sections.map((section) => sectionHtml(section, 2)),
    "</main>",
    `<footer><p>${html(footer)}</p></footer>`,
    "</body>",
    "</html>",
  ].join("\n")}\n`;
}

function sectionHtml({ id, title, blocks, sections = [] }: Section, depth: number): string {
  return [
    `<section aria-labelledby="${id}">`,
    `<h${depth} id="${id}">${html(title)}</h${depth}>`,
    ...blocks.map((block, i) => blockHtml(block, `${id}-${i}`)),
    ...sections.map((section) => sectionHtml(section, depth + 1)),
    "</section>",
  ].join("\n");
}

function blockHtml(block: Block, id: string): string {
  switch (block.kind) {
    case "text":
      return `<p>${html(block.text)}</p>`;
    case "gap":
      return `<p class="gap"><strong>Gap:</strong> ${html(block.text)}. To be said by ${html(block.who)}.</p>`;
    case "facts":
      return block.rows.length === 0
        ? ""
        : `<dl>${block.rows.map(([label, value]) => `<dt>${html(label)}</dt><dd>${html(value)}</dd>`).join("")}</dl>`;
    case "list":
      return block.items.length === 0 ? "" : `<ul>${block.items.map((item) => `<li>${html(item)}</li>`).join("")}</ul>`;
    case "table":
      return tableHtml(block, id);
    case "figure":
      return [
        `<figure><div role="img" aria-label="${html(block.alt)}">${ownIds(block.svg, id)}</div>`,
        `<figcaption>${html(block.caption)}</figcaption></figure>`,
      ].join("");
  }
}

function tableHtml({ caption, columns, rows }: Extract<Block, { kind: "table" }>, id: string): string {
  const numeric = (at: number): string => (columns[at]?.numeric ? ' class="n"' : "");
  const head = columns.map(({ title }, at) => `<th scope="col"${numeric(at)}>${html(title)}</th>`).join("");
  const body = rows.map((row) => {
    const cells = row.map((value, at) =>
      at === 0 ? `<th scope="row"${numeric(at)}>${cell(value)}</th>` : `<td${numeric(at)}>${cell(value)}</td>`,
    );
    return `<tr>${cells.join("")}</tr>`;
  });
  return [
    // A table that is wider than the screen is scrolled, by keys too.
    `<div class="scroll" role="region" aria-labelledby="${id}" tabindex="0"><table>`,
    `<caption id="${id}">${html(caption)}</caption>`,
    `<thead><tr>${head}</tr></thead><tbody>${body.join("")}</tbody></table></div>`,
  ].join("");
}

/** Ids of a drawing, told apart from those of other drawings on the page. */
function ownIds(svg: string, id: string): string {
  return svg.replace(/ id="(\w+)"/g, ` id="${id}-$1"`).replace(/url\(#(\w+)\)/g, `url(#${id}-$1)`);
}

const cell = (value: string): string => (value === "" ? "" : html(value));

function html(text: string): string {
  return escapeHtml(printable(text));
}
