import type { Font } from "./_font.ts";

/**
 * The texts of a chart that Vega drew as paths of the font. One that holds letters which the font lacks stays a text.
 */
export function outlineTexts(svg: string, font: Font): string {
  return svg.replace(/<text([^>]*)>(.*?)<\/text>/gs, (whole, attributes: string, content: string) => {
    const attribute = (name: string): string | undefined => attributes.match(` ${name}="([^"]*)"`)?.[1];
    const size = Number.parseFloat(attribute("font-size") ?? "11");
    const anchor = attribute("text-anchor") ?? "start";
    let y = 0;
    let path = "";
    for (const [, span = "", line] of linesOf(content)) {
      const text = plain(line!);
      if (!font.covers(text)) return whole;
      y += Number(span.match(/ dy="([^"]*)"/)?.[1] ?? 0);
      const width = font.width(text, size);
      path += font.path(text, size, anchor === "end" ? -width : anchor === "middle" ? -width / 2 : 0, y);
    }
    const kept = ["transform", "fill", "fill-opacity", "opacity"].flatMap((name) => {
      const value = attribute(name);
      return value === undefined ? [] : [`${name}="${value}"`];
    });
    return `<path ${kept.join(" ")} d="${path}"/>`;
  });
}

/** Attributes and text of each line; a text of one line has no tspan. */
function linesOf(content: string): Iterable<readonly (string | undefined)[]> {
  return content.startsWith("<tspan") ? content.matchAll(/<tspan([^>]*)>(.*?)<\/tspan>/gs) : [[undefined, "", content]];
}

function plain(text: string): string {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&quot;", '"').replaceAll("&amp;", "&");
}
