/**
 * An element; children that are texts stay texts, whatever markup they hold.
 * @param properties set as they are; `aria-…`, `role`, `for` and `data-…` as attributes
 */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined) continue;
    if (/^(aria-|data-|role$|for$|lang$|inputmode$|autocomplete$)/.test(name)) element.setAttribute(name, value);
    else element[name] = value;
  }
  element.append(...children.filter((child) => child !== undefined && child !== null && child !== false));
  return element;
}

export const byId = (id) => document.getElementById(id);

/** Text as it is compared: no case, no diacritics. */
export const fold = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

/** A number as people write it, with a comma or a point; null where nothing is given, NaN where it is none. */
export function readNumber(text) {
  const plain = text.trim().replace(",", ".");
  if (plain === "") return null;
  return /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(plain) ? Number(plain) : Number.NaN;
}
