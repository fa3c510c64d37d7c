import { type JsonObject, listOf, optionalText } from "./json.ts";
import type { Page } from "./types.ts";

/** The page in an answer: its list `field`, and the token of the next one. */
export function pageFrom<T>(json: JsonObject, field: string, convert: (item: JsonObject) => T): Page<T> {
  const items = listOf(json[field]).map(convert);
  const nextPageToken = optionalText(json.next_page_token);
  return nextPageToken === undefined ? { items } : { items, nextPageToken };
}

/** All items of all pages, one page asked for at a time, only when it is needed. */
export async function* everyItem<T>(
  page: (pageToken: string | undefined) => Promise<Page<T>>,
  from?: string,
): AsyncGenerator<T, void, undefined> {
  let token = from;
  do {
    const { items, nextPageToken } = await page(token);
    yield* items;
    if (nextPageToken !== undefined && nextPageToken === token) return; // a server that does not page
    token = nextPageToken;
  } while (token !== undefined);
}
