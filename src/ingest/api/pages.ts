import type { PaginationConfig } from "#registry/index.ts";
import { valueAt } from "../records/json-path.ts";
import { NumberText } from "../records/parse-record.ts";

/** What one answer said, as far as the next page depends on it. */
export interface PageFacts {
  records: number;
  /** The last record, or undefined when there was none. */
  last: unknown;
  /** The answer without its records. */
  rest: unknown;
  /** The Link header. */
  link: string | null;
  /** The end, by status: 204, or 404 where that means the end. */
  end: boolean;
}

/** What the next request adds: parameters, or another address. */
export type Step = { params: Params } | { url: string };

/** Numbers stay numbers in the body of a POST. */
export type Params = [name: string, value: string | number][];

/** Why the pages cannot be followed. */
export class Stuck extends Error {}

/** Parameters of the first page. */
export function firstStep({ type, param, start, size }: PaginationConfig): { params: Params } {
  const params: Params = size ? [[size.param, size.value]] : [];
  if (type === "page" || type === "offset") params.push([param, start]);
  return { params };
}

/** Follows the pages of one poll. What servers say of totals is not believed: the end is where nothing comes any more. */
export class Pages {
  readonly #config: PaginationConfig;
  readonly #seen = new Set<string>();
  #at: number;

  /** `at`: the step to the first page that is asked for. */
  constructor(config: PaginationConfig, at?: Step) {
    this.#config = config;
    this.#at = config.start;
    if (at !== undefined && "params" in at && (config.type === "page" || config.type === "offset"))
      this.#at = Number(at.params.find(([name]) => name === config.param)?.[1] ?? config.start);
    // A server that answers with the place it was asked for leads in a circle from the beginning.
    const own =
      at === undefined ? undefined : "url" in at ? at.url : at.params.find(([name]) => name === config.param)?.[1];
    if (own !== undefined && config.type !== "page" && config.type !== "offset") this.#seen.add(String(own));
  }

  /** The step to the next page, or undefined at the end. Throws {@link Stuck} when the server leads in a circle. */
  next(facts: PageFacts): Step | undefined {
    const { type, param, size, hasMore, end } = this.#config;
    if (type === "none" || facts.end) return undefined;
    if (hasMore !== undefined) {
      const more = valueAt(facts.rest, hasMore);
      if (more === false || more === null) return undefined;
      if (more === undefined) throw new Stuck(`the answer has no \`${hasMore}\`, which \`has_more\` names`);
    }
    const fixed: Params = size ? [[size.param, size.value]] : [];
    if (type === "page" || type === "offset") {
      if (facts.records === 0 || (end === "short" && facts.records < (size?.value ?? 0))) return undefined;
      // By what came, not by what was asked for: servers cap sizes.
      this.#at += type === "page" ? 1 : facts.records;
      return { params: [...fixed, [param, this.#at]] };
    }
    if (type === "cursor") {
      const cursor = this.#cursor(facts);
      if (cursor === undefined) return undefined;
      return { params: [...fixed, [param, this.#fresh(cursor, "cursor")]] };
    }
    const url = type === "link" ? nextLink(facts.link) : this.#nextUrl(facts.rest);
    return url === undefined ? undefined : { url: this.#fresh(url, "next page") };
  }

  #cursor({ rest, last, records }: PageFacts): string | number | undefined {
    const { cursor, cursorField } = this.#config;
    if (cursorField !== undefined && records === 0) return undefined;
    const value = cursorField !== undefined ? valueAt(last, cursorField) : valueAt(rest, cursor ?? "");
    if (value instanceof NumberText) return value.text;
    if (typeof value === "number" || (typeof value === "string" && value !== "")) return value;
    if (cursorField !== undefined)
      throw new Stuck(`the last record has no \`${cursorField}\`, which \`cursor_field\` names`);
    if (value === undefined) this.#requireNoOther(rest, cursor ?? "");
    if (value === undefined || value === null || value === "" || value === false) return undefined;
    throw new Stuck(`\`${cursor ?? ""}\` is neither text nor number`);
  }

  #nextUrl(rest: unknown): string | undefined {
    const value = valueAt(rest, this.#config.next ?? "");
    if (value === undefined) this.#requireNoOther(rest, this.#config.next ?? "");
    if (value === undefined || value === null || value === "" || value === false) return undefined;
    if (typeof value === "string") return value;
    throw new Stuck(`\`${this.#config.next ?? ""}\` is no text`);
  }

  /** Some APIs leave the key out on the last page; but a misspelt path must not end after the first one. */
  #requireNoOther(rest: unknown, path: string): void {
    const other = filledNext(rest, "", 3);
    if (other !== undefined) throw new Stuck(`the answer has no \`${path}\`, but it has \`${other}\``);
  }

  #fresh<T extends string | number>(value: T, what: string): T {
    const text = String(value);
    if (this.#seen.has(text))
      throw new Stuck(`the ${what} ${JSON.stringify(text.slice(0, 100))} came before: it leads in a circle`);
    this.#seen.add(text);
    return value;
  }
}

/** Target of `rel="next"` in a Link header (RFC 8288). */
export function nextLink(header: string | null): string | undefined {
  for (const match of (header ?? "").matchAll(/<([^>]*)>((?:\s*;\s*[^\s=;,]+(?:\s*=\s*(?:"[^"]*"|[^\s;,"]*))?)*)/g)) {
    const [, target = "", parameters = ""] = match;
    const rel = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,"]*))/i.exec(parameters);
    if ((rel?.[1] ?? rel?.[2] ?? "").toLowerCase().split(/\s+/).includes("next")) return target;
  }
  return undefined;
}

/** Path of something called next that has a value. */
function filledNext(value: unknown, prefix: string, levels: number): string | undefined {
  if (levels === 0 || value === null || typeof value !== "object" || Array.isArray(value)) return undefined;
  for (const [key, item] of Object.entries(value)) {
    const path = prefix === "" ? key : `${prefix}.${key}`;
    if (/next/i.test(key) && ((typeof item === "string" && item !== "") || typeof item === "number")) return path;
    const inner = filledNext(item, path, levels - 1);
    if (inner !== undefined) return inner;
  }
  return undefined;
}
