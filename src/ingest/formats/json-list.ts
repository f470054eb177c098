import { RecordSplitter, TooLong } from "../api/split-records.ts";
import { listPaths } from "../records/json-path.ts";
import { StrayText } from "./json-records.ts";

/** The records of a JSON document that has their list somewhere inside, while it arrives; what stands around them is left out. */
export class ListAtPath {
  readonly #path: string;
  readonly #splitter: RecordSplitter;

  constructor(path: string, onRecord: (text: string) => void) {
    this.#path = path;
    this.#splitter = new RecordSplitter(path, onRecord);
  }

  /** Throws {@link StrayText} for a record that is too long to be held. */
  push(text: string): void {
    try {
      this.#splitter.push(text);
    } catch (error) {
      throw error instanceof TooLong ? new StrayText(`${error.message} is longer than 256 million characters`) : error;
    }
  }

  /** The text has ended. Throws {@link StrayText} when it was cut short, is no one document, or has no list there. */
  end(): void {
    if (!this.#splitter.complete) throw new StrayText("it ends before it is closed");
    let rest: unknown;
    try {
      rest = JSON.parse(this.#splitter.rest);
    } catch {
      throw new StrayText(`around its list at \`${this.#path}\` it is broken, or more than one document`);
    }
    if (this.#splitter.foundList) return;
    const lists = listPaths(rest, 3).slice(0, 5);
    const there = lists.length > 0 ? `; it has lists at ${lists.map((path) => `\`${path}\``).join(", ")}` : "";
    throw new StrayText(`there is no list at \`${this.#path}\`${there}`);
  }
}

/** Where a record that is alone in its file has lists of objects: the records that were meant, perhaps. */
export function listsOfObjects(record: string): string[] {
  try {
    return listPaths(JSON.parse(record), 3, (list) => list.length > 0 && list.every((one) => typeof one === "object"));
  } catch {
    return [];
  }
}
