import type { Connection } from "#duck/index.ts";
import { hasLedger } from "./tables.ts";

/** The load that brought a file's rows, or the newest part of them. */
export interface LastLoad {
  load: number;
  /** Of the run that did it. */
  runId: string;
  contractVersion: number | null;
  /** ISO 8601. */
  loadedAt: string;
  rowsLoaded: number;
  rowsQuarantined: number;
}

/** The last load of every file, by the file's id. */
export async function lastLoads(connection: Connection): Promise<Map<number, LastLoad>> {
  if (!(await hasLedger(connection))) return new Map();
  const { rows } = await connection.query(
    `SELECT files.file_id, loads.load, loads.run_id, loads.contract_version, strftime(loads.loaded_at, '%Y-%m-%dT%H:%M:%S.%gZ'),
       loads.rows_loaded::DOUBLE, loads.rows_quarantined::DOUBLE
     FROM _labs.files AS files JOIN _labs.loads AS loads ON loads.load = files.load`,
  );
  return new Map(
    rows.map(([file, load, run, version, at, loaded, quarantined]) => [
      Number(file),
      {
        load: Number(load),
        runId: String(run),
        contractVersion: version === null ? null : Number(version),
        loadedAt: String(at),
        rowsLoaded: Number(loaded),
        rowsQuarantined: Number(quarantined),
      },
    ]),
  );
}
