import type { SourceConfig } from "#registry/index.ts";
import { misfit, type Reading } from "../contract/convert.ts";
import type { Contract } from "../contract/types.ts";
import type { FileScan } from "../csv/scan.ts";
import type { FileChange } from "../types.ts";
import { checkContent } from "./check-content.ts";
import type { Attempt, Counts, LoadContext } from "./context.ts";
import { holdsHeader, loadFast } from "./fast.ts";
import { prepareInput } from "./input.ts";
import { type LoadMark, quarantineRejects } from "./rejects.ts";
import { createQuarantine } from "./store.ts";

/** Loads at DuckDB's speed, or says why that is not enough; `misfit`: a value that is not written plainly. */
export async function tryFast(
  context: LoadContext,
  source: SourceConfig,
  change: FileChange,
  attempt: Attempt,
  mark: LoadMark,
  reading: Reading,
): Promise<Counts | "needs care" | "misfit"> {
  const { connection } = context;
  const { contract, match, input } = attempt;
  if (match.quarantineAll) return "needs care";
  let tried: Awaited<ReturnType<typeof loadFast>>;
  try {
    tried = await loadFast(connection, input, contract, match, source.table, mark.load, source.lineage, reading);
  } catch (error) {
    const message = error instanceof Error ? error.message : "";
    // The reader's own complaints about a file end here; everything else (disk, memory, cancel) is passed on.
    if (message.includes(misfit) || message.startsWith("Conversion Error"))
      return reading === "exact" ? "misfit" : "needs care";
    if (message.startsWith("Invalid Input Error")) return "needs care";
    throw error;
  }
  const scan = await attempt.scanning;
  if (!attempt.checked) {
    await checkContent(change, scan, attempt.form, contract.dialect, source);
    if (scan.validity === "not utf-8" && attempt.form.encoding === "utf-8") {
      // A large file whose encoding showed only behind its beginning: read again as what it is.
      const latin = await prepareInput(
        change.path,
        { ...attempt.form, encoding: "latin-1" },
        undefined,
        context.signal,
      );
      const before = input.dispose;
      Object.assign(input, latin, { dispose: () => [before, latin.dispose].forEach((dispose) => dispose()) });
      return "needs care";
    }
  }
  const expected = scan.records - (contract.header ? 1 : 0) - input.offset;
  if (tried.loaded + tried.rejected !== expected) return "needs care";
  // DuckDB takes a row with one empty field too many; unless all rows are so, its values may stand under the wrong names.
  if (scan.trailing > 0 && !everyRowTrails(scan, contract)) return "needs care";
  // DuckDB drops an escape character that escapes nothing; the text as it came keeps it.
  if (scan.oddEscapes > 0) return "needs care";
  // Reject numbers count blank lines, and row numbers leave rejects out: the careful way gets both right.
  if (tried.rejected > 0 && (scan.blankLines > 0 || source.lineage)) return "needs care";
  if (await holdsHeader(connection, source.table, contract, match.names, mark.load)) return "needs care";
  if (tried.rejected > 0) {
    await createQuarantine(connection, source.table);
    await connection.run(quarantineRejects(source.table, contract, match.names, mark, input.offset));
  }
  return { read: expected, loaded: tried.loaded, quarantined: tried.rejected };
}

/** Every row ends with a delimiter, and the header does not: a habit of the writer, not a shifted row. */
export const everyRowTrails = (scan: FileScan, contract: Contract): boolean =>
  scan.trailing > 0 && scan.trailing === scan.records - (contract.header ? 1 : 0);
