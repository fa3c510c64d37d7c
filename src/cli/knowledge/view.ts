/** Knowledge as a person reads it. */

/** "19,034 terms, 17 names" */
export function countsText(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([what, count]) => `${count.toLocaleString("en-US")} ${what}`)
    .join(", ");
}

/** Days as years, months or days. */
export function ageText(days: number | null): string {
  if (days === null) return "–";
  if (days < 60) return `${days} d`;
  return days < 730 ? `${Math.round(days / 30.4)} months` : `${(days / 365.25).toFixed(1)} years`;
}
