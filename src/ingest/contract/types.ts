import type { Dialect } from "../csv/dialect.ts";

/** One column as it was agreed when the source was first loaded. */
export interface ContractColumn {
  name: string;
  /** DuckDB's type. */
  type: string;
  nullable: boolean;
  /** strptime format of a DATE or TIMESTAMP that is not ISO. */
  format?: string;
  /** Let in by drift: files without it, such as a late one of the old layout, are welcome and have nulls there. */
  added?: true;
  /** Type that lab.yml says: drift has widened it since. */
  from?: string;
}

/** How the files of a source are read. Agreed once, never guessed again. */
export interface Contract {
  /** Counts up when drift changes it. */
  version: number;
  dialect: Dialect;
  header: boolean;
  /** Texts that mean a missing value. */
  nullValues: string[];
  decimalSeparator: string;
  columns: ContractColumn[];
  /** Where the types come from: lab.yml, or a read of the first file. */
  origin: "declared" | "proposed";
}
