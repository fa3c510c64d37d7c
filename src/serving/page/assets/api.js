/** What the page asks of the service. The token is in memory only. */
let token = "";

export const setToken = (text) => {
  token = text.trim();
};

/** A request that was not answered; `kind` is "denied", "busy", "unreachable" or "refused". */
export class Failed extends Error {
  constructor(kind, message = "") {
    super(message);
    this.kind = kind;
  }
}

async function ask(path, init = {}) {
  const headers = { accept: "application/json", ...init.headers };
  if (token !== "") headers.authorization = `Bearer ${token}`;
  let response;
  try {
    response = await fetch(path, { ...init, headers, cache: "no-store", credentials: "omit", redirect: "error" });
  } catch {
    throw new Failed("unreachable");
  }
  const body = await response.json().catch(() => ({}));
  if (response.ok) return body;
  if (response.status === 401 || response.status === 403) throw new Failed("denied");
  if (response.status === 429 || response.status === 503) throw new Failed("busy");
  throw new Failed("refused", body.detail ?? body.message ?? String(response.status));
}

export const getModel = () => ask("v1/model");

export const searchTerms = async (q, lang, limit) =>
  (await ask(`v1/terms?${new URLSearchParams({ q, lang, limit })}`)).terms;

/** Labels of ids: id → { label, lang }. */
export async function labelsOf(ids, lang) {
  if (ids.length === 0) return new Map();
  const { terms } = await ask(`v1/terms?${new URLSearchParams({ id: ids.join(","), lang })}`);
  return new Map(terms.map((term) => [term.id, { label: term.label, lang: term.lang }]));
}

export const diagnose = (body) =>
  ask("v1/diagnose?top=10&explain=5", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
