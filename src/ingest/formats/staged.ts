import type { SourceConfig } from "#registry/index.ts";
import type { HeaderMatch } from "../contract/header.ts";
import type { Contract, ContractColumn } from "../contract/types.ts";
import type { LoadContext } from "../load/context.ts";
import type { TypedRows } from "../load/typed.ts";
import type { FileChange } from "../types.ts";

/** What a reader of a format gets. */
export interface ReadRequest {
  context: LoadContext;
  source: SourceConfig;
  change: FileChange;
  /** Length in bytes of the part that is loaded, for a file that grew; its rows are counted in front of the new ones. */
  from?: { byte: number; rows: number };
}

/** The records of a file where DuckDB can get at them. Files that are no CSV all come this way. */
export interface StagedFile {
  /** Column names in the file's order. */
  names: string[];
  /** Records of the file, or of its new part. */
  records: number;
  /** A column of the contract may be missing: in JSON, what is not there is null. */
  optional: boolean;
  /** Types for the named columns, from all records. */
  propose(wanted: string[]): Promise<ContractColumn[]>;
  /** The records as rows of the contract. */
  typed(contract: Contract, match: HeaderMatch): Promise<TypedRows>;
  /** Removes what was made for it. */
  dispose(): Promise<void>;
}

export type FormatReader = (request: ReadRequest) => Promise<StagedFile>;
