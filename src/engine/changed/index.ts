/** Skipping what has not changed: which nodes need not run, and how that is known. */
export { openJournal, trackChanges } from "./open.ts";
