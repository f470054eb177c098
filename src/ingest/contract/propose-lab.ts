import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Connection, openDatabase, quoteIdentifier } from "#duck/index.ts";
import type { SourceConfig } from "#registry/index.ts";
import type { ErrorJson } from "#errors/index.ts";
import { detectChanges } from "../detect/detect.ts";
import { findSources } from "../detect/sources.ts";
import { readLedger } from "../ledger/file-ledger.ts";
import { loadChanges } from "../load/load.ts";
import { isPolled } from "../records/poll.ts";
import { storeColumns } from "../load/store.ts";
import { storeOf } from "../load/shape.ts";
import type { IngestLab } from "../types.ts";
import { headerOf } from "./header-of.ts";
import { proposeTypes } from "./propose.ts";
import type { Contract } from "./types.ts";

/** What a source's files have in common, from a read of every row of every one of them; or what a poll of it brought. */
export interface ContractProposal {
  source: string;
  /** Empty for an API or a step. */
  path: string[];
  format: SourceConfig["format"];
  /** As found; undefined for formats that have none. */
  dialect?: Contract["dialect"];
  rows: number;
  columns: { name: string; type: string; nullable: boolean; format?: string }[];
  /** The first column, or pair of columns, whose values are all there and all different. */
  key: string[];
  /** Files that cannot be read or loaded. */
  errors: ErrorJson[];
}

/**
 * Reads all files of a lab's sources, and polls its APIs and steps, into a database of its own that is thrown away, and says what contract they would
 * have. The lab's own database is not touched. Errors: ING-007, ING-013.
 */
export async function proposeContracts(
  lab: IngestLab & { paths: { config?: string } },
  options: { sources?: string[]; signal?: AbortSignal } = {},
): Promise<ContractProposal[]> {
  const found = findSources(lab.paths.raw, lab.config.sources, lab.paths.config ?? "lab.yml").sources.filter(
    ({ config, files }) => (files.length > 0 || isPolled(config)) && (options.sources?.includes(config.name) ?? true),
  );
  const folder = mkdtempSync(join(tmpdir(), "labs-propose-"));
  try {
    const database = await openDatabase(join(folder, "propose.duckdb"));
    try {
      const connection = await database.connect();
      const proposals: ContractProposal[] = [];
      for (const { config, files } of found) {
        options.signal?.throwIfAborted();
        // As text nothing is lost, and what fits all rows can be asked of all of them.
        const names = config.format === "csv" && files[0] ? await headerOf(files[0].path, config) : [];
        const columns = new Map(names.map((name) => [name, { type: "VARCHAR", nullable: true }]));
        const { columns: _declared, maxRejects: _most, ...rest } = config;
        const source: SourceConfig = {
          ...rest,
          mode: "append",
          drift: "evolve",
          expectations: [],
          lineage: false,
          ...(columns.size > 0 && { columns }),
          ...(config.api && { api: { ...config.api, keepRaw: false } }),
          ...(config.step && { step: { ...config.step, keepRaw: false } }),
        };
        const temporary = { ...lab, config: { sources: [source] } };
        const plan = await detectChanges({
          lab: temporary,
          database,
          settleMs: 0,
          ...(options.signal && { signal: options.signal }),
        });
        const { files: results } = await loadChanges(plan, {
          database,
          loadId: "propose",
          ...(options.signal && { signal: options.signal }),
        });
        const { contracts } = await readLedger(connection);
        const contract = contracts.get(config.name);
        const errors = results.flatMap(({ error }) => (error ? [error] : []));
        const about = { source: config.name, path: config.path, format: config.format, errors };
        if (contract) proposals.push({ ...about, ...(await describe(connection, source, contract)) });
        else proposals.push({ ...about, rows: 0, columns: [], key: [] });
      }
      return proposals;
    } finally {
      await database.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function describe(connection: Connection, source: SourceConfig, contract: Contract) {
  const store = storeOf(source.table);
  const stored = (await storeColumns(connection, source.table)) ?? [];
  const names = stored.map(({ name }) => name);
  const texts = names.map((name) => `${quoteIdentifier(name)}::VARCHAR AS ${quoteIdentifier(name)}`).join(", ");
  // JSON says itself what is a number; texts of digits stay texts.
  const csv = source.format === "csv" && !isPolled(source);
  const typed = csv ? await proposeTypes(connection, `(SELECT ${texts} FROM ${store})`, names) : contract.columns;
  const { rows } = await connection.query(
    `SELECT count(*), ${names.map((name) => `count(${quoteIdentifier(name)})`).join(", ")} FROM ${store}`,
  );
  const [total = 0, ...given] = (rows[0] ?? []).map(Number);
  const columns = names.map((name, i) => {
    const column = typed.find((candidate) => candidate.name === name);
    return {
      name,
      type: column?.type ?? stored[i]?.type ?? "VARCHAR",
      nullable: given[i] !== total,
      ...(column?.format !== undefined && { format: column.format }),
    };
  });
  const mayIdentify = columns.filter(
    ({ type, nullable }) => !nullable && /^(BIGINT|INTEGER|HUGEINT|UUID|VARCHAR|DATE)/.test(type),
  );
  return {
    ...(csv && { dialect: contract.dialect }),
    rows: total,
    columns,
    key:
      total > 1
        ? await findKey(
            connection,
            store,
            mayIdentify.slice(0, 8).map(({ name }) => name),
            total,
          )
        : [],
  };
}

/** The first column, else the first pair of columns, that is different in every row. */
async function findKey(connection: Connection, store: string, names: string[], rows: number): Promise<string[]> {
  const pairs = names.flatMap((a, i) => names.slice(i + 1).map((b) => [a, b]));
  for (const candidates of [names.map((name) => [name]), pairs]) {
    for (const key of candidates) {
      const list = key.map((name) => quoteIdentifier(name)).join(", ");
      const { rows: counted } = await connection.query(`SELECT count(*) FROM (SELECT DISTINCT ${list} FROM ${store})`);
      if (Number(counted[0]?.[0]) === rows) return key;
    }
  }
  return [];
}
