import type { Connection } from "#duck/index.ts";
import type { SourceConfig } from "#registry/index.ts";
import type { Contract } from "../contract/types.ts";
import { hasLedger } from "./tables.ts";

/** What the ledger knows of a source as a whole. */
export interface SourceFacts {
  source: string;
  /** `raw.<table>` */
  table: string;
  /** When rows last came, in milliseconds since 1970; null when none ever did. */
  deliveredAt: number | null;
  /** Where what was loaded parts from the columns that lab.yml declares, one sentence each; null when nobody declared any. */
  departures: string[] | null;
}

/** Last deliveries and open departures from the contract, of every source of lab.yml and every other that was loaded. */
export async function sourceFacts(connection: Connection, sources: readonly SourceConfig[]): Promise<SourceFacts[]> {
  const delivered = new Map<string, { source: string; at: number }>();
  const contracts = new Map<string, Contract>();
  if (await hasLedger(connection)) {
    const { rows } = await connection.query(
      `SELECT table_name, max(source), epoch_ms(max(loaded_at))::DOUBLE FROM _labs.loads
       WHERE outcome = 'loaded' AND rows_read > 0 GROUP BY table_name ORDER BY table_name`,
    );
    for (const [table, source, at] of rows) delivered.set(String(table), { source: String(source), at: Number(at) });
    const agreed = await connection.query(
      "SELECT source, contract FROM _labs.contracts QUALIFY row_number() OVER (PARTITION BY source ORDER BY version DESC) = 1",
    );
    for (const [source, contract] of agreed.rows)
      contracts.set(String(source), JSON.parse(String(contract)) as Contract);
  }
  const declared = new Set(sources.map(({ table }) => table));
  return [
    ...sources.map((source) => ({
      source: source.name,
      table: `raw.${source.table}`,
      deliveredAt: delivered.get(source.table)?.at ?? null,
      departures: departures(source, contracts.get(source.name)),
    })),
    ...[...delivered].flatMap(([table, { source, at }]) =>
      declared.has(table) ? [] : [{ source, table: `raw.${table}`, deliveredAt: at, departures: null }],
    ),
  ];
}

function departures({ columns, proposed }: SourceConfig, contract: Contract | undefined): string[] | null {
  // What was written there from the data is nobody's word to depart from.
  if (!columns || proposed || !contract) return null;
  const known = new Map([...columns].map(([name, column]) => [name.toLowerCase(), column.type]));
  return contract.columns.flatMap(({ name, type, from }) => {
    const declared = known.get(name.toLowerCase());
    if (declared === undefined) return [`${name} came without being declared`];
    return from === undefined ? [] : [`${name} is declared as ${from} and came as ${type}`];
  });
}
