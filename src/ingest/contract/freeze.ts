import type { Connection } from "#duck/index.ts";
import type { SourceConfig, SourceEntry } from "#registry/index.ts";
import { isPolled } from "../records/poll.ts";
import { readLedger } from "../ledger/file-ledger.ts";
import { describeContract, sourceEntry } from "./describe.ts";

/** That none of fewer rows lacks a value says little about the next file. */
const enoughRows = 1_000;

/**
 * What lab.yml can say about sources after their first load: the contract under which their rows lie in the database.
 * Columns that a later file of the same load added stay out: files without them are welcome.
 */
export async function agreedEntries(connection: Connection, sources: SourceConfig[]): Promise<SourceEntry[]> {
  const { contracts } = await readLedger(connection);
  const entries: SourceEntry[] = [];
  for (const source of sources) {
    const contract = contracts.get(source.name);
    if (!contract) continue;
    const found = await describeContract(connection, source, contract, "contract");
    const agreed = new Map(contract.columns.map((column) => [column.name, column]));
    const columns = found.columns
      .filter(
        ({ name }) => agreed.has(name) && agreed.get(name)?.added !== true && !(isPolled(source) && name === "_raw"),
      )
      .map((column) => ({ ...column, nullable: column.nullable || found.rows < enoughRows }));
    const files = source.mode === "append" || source.mode === "replace";
    entries.push(sourceEntry(source, { ...found, columns, key: files ? found.key : [] }));
  }
  return entries;
}
