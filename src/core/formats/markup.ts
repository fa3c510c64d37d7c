/** A text as XML shows it, between tags and in attributes with double quotes. */
export function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

/** The same for HTML, in attributes with single quotes too. */
export const escapeHtml = (text: string): string => escapeXml(text).replaceAll("'", "&#39;");
