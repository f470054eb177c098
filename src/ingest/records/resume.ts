import type { Step } from "../api/pages.ts";
import type { SavedTracker } from "./cursor.ts";

/** The page that a poll goes on with after it was interrupted. */
export interface PageStart {
  step: Step;
  /** What the step's address is relative to. */
  url: string;
  body?: string;
  /**
   * Hash of the page's records when it was read before: numbers of pages and offsets mean the same place only as long as that
   * page has the same records. Absent where the place is the next page's own.
   */
  seen?: string;
}

/** Where a poll stood when its last part was loaded; kept in the ledger in the same transaction. */
export interface Resume {
  /** Milliseconds since 1970 when the poll began. */
  began: number;
  page: PageStart;
  tracker: SavedTracker;
  /** Of the request: another one cannot go on here. */
  settings: string;
}
