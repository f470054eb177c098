/** How the records of a JSON text follow each other: one a line, the elements of one list, or one document after the other. */
export type JsonLayout = "lines" | "list" | "documents";

/** The layout by a text's beginning: a first line that is JSON by itself is one of many. */
export function jsonLayout(head: string): JsonLayout {
  const text = head.replace(/^\s+/, "");
  const line = /^[^\n]*/.exec(text)?.[0].trim() ?? "";
  if (text.startsWith("[") && !(line.endsWith("]") && isJson(line) && text.slice(line.length).trim() !== ""))
    return "list";
  if (text.startsWith("{") && !isJson(line) && /^\{\s*$|[{,:[]$/.test(line)) return "documents";
  return "lines";
}

/** Whether a text is one JSON value. */
export function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Levels of lists and objects in a record; DuckDB's own reader of JSON ends with the process at about a hundred thousand. */
export const deepest = 1000;

/** Whether a record's lists and objects lie in each other deeper than {@link deepest}. */
export function isTooDeep(text: string): boolean {
  if (text.length <= deepest) return false;
  let depth = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const char = text.charCodeAt(i);
    if (char === 34) inString = !inString;
    else if (inString) {
      if (char === 92) i++;
    } else if (char === 123 || char === 91) {
      if (++depth > deepest) return true;
    } else if (char === 125 || char === 93) depth--;
  }
  return false;
}

/** The records of a line: some programs write them one behind the other. A line that does not come out even is one bad record. */
function documentsOf(line: string): string[] {
  if (!/\}\s*\{/.test(line) || isTooDeep(line) || isJson(line)) return [line];
  const documents: string[] = [];
  const split = new JsonRecords("documents", (text) => documents.push(text));
  split.push(line);
  split.end();
  return documents.every(isJson) ? documents : [line];
}

/** Text between two records that belongs to neither. */
export class StrayText extends Error {}

/**
 * Splits a JSON text into the texts of its records while it arrives. Checks no more than it needs to find the borders:
 * whether a record is JSON is for its reader to tell, so that a bad one does not cost the others.
 */
export class JsonRecords {
  readonly #layout: JsonLayout;
  readonly #onRecord: (text: string) => void;
  #record: string[] = [];
  #inString = false;
  #escaped = false;
  #depth = 0;
  /** The list: not begun, open, closed. */
  #list: "before" | "in" | "behind" = "before";

  constructor(layout: JsonLayout, onRecord: (text: string) => void) {
    this.#layout = layout;
    this.#onRecord = onRecord;
  }

  /** Throws {@link StrayText} for text behind a list. */
  push(text: string): void {
    if (this.#layout === "lines") this.#lines(text);
    else this.#nested(text);
  }

  /** The text has ended. Throws {@link StrayText} when it stops in the middle of a list. */
  end(): void {
    if (this.#layout === "list" && this.#list !== "behind") throw new StrayText("it ends before its list is closed");
    this.#give("");
  }

  #lines(text: string): void {
    let from = 0;
    for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", from)) {
      this.#give(text.slice(from, at));
      from = at + 1;
    }
    if (from < text.length) this.#record.push(text.slice(from));
  }

  #give(end: string): void {
    const text = (this.#record.join("") + end).trim();
    this.#record = [];
    if (text === "") return;
    for (const record of this.#layout === "lines" ? documentsOf(text) : [text]) this.#onRecord(record);
  }

  #nested(text: string): void {
    let from = 0;
    const documents = this.#layout === "documents";
    for (let i = 0; i < text.length; i++) {
      const char = text.charCodeAt(i);
      if (this.#inString) {
        if (this.#escaped) this.#escaped = false;
        else if (char === 92) this.#escaped = true;
        else if (char === 34) this.#inString = false;
        continue;
      }
      if (!documents && this.#list !== "in") {
        if (char <= 32) continue;
        if (this.#list === "behind" || char !== 91) throw new StrayText("there is text outside of its list");
        this.#list = "in";
        from = i + 1;
        continue;
      }
      if (char === 34) this.#inString = true;
      else if (char === 123 || char === 91) this.#depth++;
      else if (char === 125 || (char === 93 && (documents || this.#depth > 0))) {
        this.#depth--;
        if (documents && this.#depth <= 0) {
          this.#depth = 0;
          this.#give(text.slice(from, i + 1));
          from = i + 1;
        }
      } else if (!documents && this.#depth === 0 && (char === 44 || char === 93)) {
        this.#give(text.slice(from, i));
        from = i + 1;
        if (char === 93) this.#list = "behind";
      }
    }
    if (documents || this.#list === "in") this.#record.push(text.slice(from));
  }
}
