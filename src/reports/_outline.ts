import type { Font } from "./_font.ts";

/** Most texts whose outlines are kept: labels and numbers come again in every chart. */
const KEPT = 2000;

/**
 * A function that turns the texts of a chart that Vega drew into paths of the font. A text that holds letters which the
 * font lacks stays a text.
 */
export function createOutliner(font: Font): (svg: string) => string {
  const kept = new Map<string, string | undefined>();

  function outlineOf(content: string, size: number, anchor: string): string | undefined {
    const key = `${size} ${anchor} ${content}`;
    if (kept.has(key)) return kept.get(key);
    if (kept.size >= KEPT) kept.clear();
    const path = pathOf(content, size, anchor);
    kept.set(key, path);
    return path;
  }

  function pathOf(content: string, size: number, anchor: string): string | undefined {
    let y = 0;
    let path = "";
    for (const [, span = "", line = ""] of linesOf(content)) {
      const text = plain(line);
      if (!font.covers(text)) return undefined;
      y += Number(span.match(/ dy="([^"]*)"/)?.[1] ?? 0);
      const width = font.width(text, size);
      path += font.path(text, size, anchor === "end" ? -width : anchor === "middle" ? -width / 2 : 0, y);
    }
    return path;
  }

  return (svg) =>
    svg.replace(/<text([^>]*)>(.*?)<\/text>/gs, (whole, attributes: string, content: string) => {
      const values = new Map([...attributes.matchAll(/ ([\w-]+)="([^"]*)"/g)].map(([, name, value]) => [name, value]));
      const size = Number.parseFloat(values.get("font-size") ?? "11");
      const path = outlineOf(content, size, values.get("text-anchor") ?? "start");
      if (path === undefined) return whole;
      const look = ["transform", "fill", "opacity"].filter((name) => values.has(name));
      return `<path ${look.map((name) => `${name}="${values.get(name)}"`).join(" ")} d="${path}"/>`;
    });
}

/** Attributes and text of each line; a text of one line has no tspan. */
function linesOf(content: string): Iterable<readonly (string | undefined)[]> {
  return content.startsWith("<tspan") ? content.matchAll(/<tspan([^>]*)>(.*?)<\/tspan>/gs) : [[undefined, "", content]];
}

function plain(text: string): string {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&quot;", '"').replaceAll("&amp;", "&");
}
