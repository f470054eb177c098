import type { PlainRecord } from "../manifest/types.ts";
import type { Section } from "./section.ts";
import type { Entry } from "./state.ts";

/** One table of one source as written, before patches from other projects. */
export interface SourceEntry {
  section: Section;
  entry: Entry;
  source: PlainRecord;
  /** As written, before Jinja: database and schema are kept unrendered for state comparison. */
  rawSource: PlainRecord;
  table: PlainRecord;
  tableIndex: number;
  /** Package whose source this one overrides. */
  overrides: string | undefined;
}
