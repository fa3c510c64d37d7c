/** Search for terms and diseases by what people type: the page's autocomplete, and `disease knowledge search`. */

/** What is found, one each. */
export interface Found {
  /** "HP:0001250", "OMIM:154700" */
  readonly id: string;
  /** In the language asked for; in English where there is no translation. */
  readonly label: string;
  /** Language of `label`. */
  readonly lang: string;
  /** The label or synonym that the query met, as it is written. */
  readonly matched: string;
}

export interface SearchOptions {
  /** Language of the labels, and of the texts that come first: "en" when absent. */
  readonly lang?: string;
  /** Default 10. */
  readonly limit?: number;
}

export interface TermSearch {
  /** Languages with labels, English first. */
  readonly languages: readonly string[];
  /**
   * Words in any order, each as far as it is typed, without regard to case and diacritics; where nothing is so written, with one wrong
   * letter in words of four or more and two in words of eight or more. Best first; an id is found by itself.
   */
  search(query: string, options?: SearchOptions): readonly Found[];
  /** What an id is called; undefined where it is unknown. */
  labelOf(id: string, lang?: string): Pick<Found, "label" | "lang"> | undefined;
}
