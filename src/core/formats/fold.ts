/** Text as it is compared: lower case, without diacritics; "Niño" → "nino". */
export function foldLetters(text: string): string {
  const lower = text.toLowerCase();
  // Nearly all texts are ASCII, for which normalizing is most of the time.
  return /[^\x00-\x7f]/.test(lower) ? lower.normalize("NFD").replace(/\p{M}/gu, "") : lower;
}
