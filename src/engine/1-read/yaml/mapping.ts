export type Mapping = Record<string, unknown>;

export interface Duplicate {
  key: string;
  offset: number;
}

/** The key `<<`, written plain. */
export const merge = Symbol("merge");

/** What a mapping needs of its parser. */
interface FillerHost {
  readonly duplicates: Duplicate[];
  fail(problem: string, offset?: number, context?: string, contextOffset?: number): never;
}

export const isCollection = (value: object): boolean =>
  Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;

/**
 * How many values there are when every alias is written out: `Infinity` for a value that contains itself. Each collection is
 * looked at once, since a few lines of aliases of aliases can stand for billions.
 */
export function writtenOut(value: unknown, known = new Map<object, number>()): number {
  if (typeof value !== "object" || value === null || !isCollection(value)) return 1;
  const found = known.get(value);
  if (found !== undefined) return found;
  // Whoever meets it again before it is counted stands inside of it.
  known.set(value, Number.POSITIVE_INFINITY);
  const count = Object.values(value).reduce<number>((sum, item) => sum + writtenOut(item, known), 1);
  known.set(value, count);
  return count;
}

/** A key as it reads in JSON, which is where it ends up. */
function keyText(key: unknown): string {
  if (typeof key === "string") return key;
  if (key === null || typeof key !== "object") return String(key);
  return String((key as { str?: () => string }).str?.() ?? key);
}

/** Fills a mapping: last of two equal keys wins and is reported, merged mappings come first and give way. */
export class Filler {
  readonly #parser: FillerHost;
  readonly #mapping: Mapping;
  readonly #offsets: Map<string | number, number> | undefined;
  #merged: { value: unknown; offset: number }[] | undefined;
  #startsWithMerge = false;
  #count = 0;

  constructor(parser: FillerHost, mapping: Mapping, offsets: Map<string | number, number> | undefined) {
    this.#parser = parser;
    this.#mapping = mapping;
    this.#offsets = offsets;
  }

  add(key: unknown, value: unknown, offset: number): void {
    if (key === merge) {
      if (this.#count === 0) this.#startsWithMerge = true;
      this.#count++;
      this.#merged ??= [];
      this.#merged.push({ value, offset });
      return;
    }
    this.#count++;
    const name = typeof key === "string" ? key : keyText(key);
    const mapping = this.#mapping;
    if (Object.hasOwn(mapping, name)) {
      if (!this.#startsWithMerge) this.#parser.duplicates.push({ key: name, offset });
      mapping[name] = value;
    } else if (name === "__proto__") {
      Object.defineProperty(mapping, name, { value, writable: true, enumerable: true, configurable: true });
    } else mapping[name] = value;
    this.#offsets?.set(name, offset);
  }

  finish(): void {
    if (this.#merged === undefined) return;
    const own = { ...this.#mapping };
    for (const key of Object.keys(own)) delete this.#mapping[key];
    for (const { value, offset } of this.#merged) {
      // Of several mappings in a list the first one wins.
      const parts = Array.isArray(value) ? value.toReversed() : [value];
      for (const part of parts) {
        if (typeof part !== "object" || part === null || !isCollection(part) || Array.isArray(part)) {
          this.#parser.fail(
            "expected a mapping or list of mappings for merging",
            offset,
            "while constructing a mapping",
            offset,
          );
        }
        for (const [key, merged] of Object.entries(part)) {
          this.#mapping[key] = merged;
          if (!Object.hasOwn(own, key)) this.#offsets?.set(key, offset);
        }
      }
    }
    Object.assign(this.#mapping, own);
  }
}
