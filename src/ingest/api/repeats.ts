/** Repeats that are taken in a row when a key tells records apart: what is inserted while we page pushes others on. */
export const fewRepeats = 2;

/** Notices a server that ignores the page's parameter, or goes in circles under ever new addresses. */
export class Repeats {
  readonly #seen = new Map<string, number>();
  #inRow = 0;

  /** Whether exactly these records came before, in this poll. */
  knows(hash: string): boolean {
    return this.#seen.has(hash);
  }

  /** Why the pages lead nowhere, or undefined. */
  check(hash: string, page: number, records: number, most: number, keyed: boolean): string | undefined {
    const before = this.#seen.get(hash);
    if (!this.#seen.has(hash)) this.#seen.set(hash, page);
    // Single records without a key may well repeat, but not right behind each other.
    const repeats = before !== undefined && (keyed || records > 1 || before === page - 1);
    this.#inRow = repeats ? this.#inRow + 1 : 0;
    if (this.#inRow <= most) return undefined;
    return `page ${page} has exactly the records of page ${before}`;
  }
}
