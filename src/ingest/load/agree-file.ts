import type { SourceConfig } from "#registry/index.ts";
import { asEvolved, differsFrom, requireTypes } from "../contract/agree.ts";
import { type HeaderMatch, matchHeader } from "../contract/header.ts";
import type { Contract, ContractColumn } from "../contract/types.ts";
import { ingestErrors } from "../errors.ts";
import type { FileChange } from "../types.ts";
import type { LoadContext } from "./context.ts";

/** What agreeing needs to know of a file. */
export interface AgreeFile {
  /** Column names in the file's order. */
  names: string[];
  /** The header as it stands in the file, for messages. */
  headerText: string;
  /** Columns of the contract may be missing. */
  optional?: boolean;
  /** Types for the named columns, from all rows. */
  propose(frame: Contract, wanted: string[]): Promise<ContractColumn[]>;
}

/** The contract under which this file is read: the agreed one, with what lab.yml or drift changes, or a first one. */
export async function agree(
  context: LoadContext,
  source: SourceConfig,
  change: FileChange,
  said: Contract,
  file: AgreeFile,
): Promise<{ contract: Contract; match: HeaderMatch; isNew: boolean; why: string }> {
  const { connection } = context;
  const agreed = context.contracts.get(source.name);
  const frame = asEvolved(said, agreed, source);
  const { names } = file;
  const meet = (contract: Contract) =>
    matchHeader(names, contract, source, change.path, file.headerText, file.optional ?? false);
  if (frame.columns.length > 0) await requireTypes(connection, source, frame.columns);
  let base = agreed;
  let why = "";
  if (agreed && frame.columns.length > 0 && differsFrom(agreed, frame)) {
    const declaredNames = new Set(frame.columns.map((column) => column.name.toLowerCase()));
    const others = agreed.columns.filter((column) => !declaredNames.has(column.name.toLowerCase()));
    base = { ...frame, dialect: agreed.dialect, columns: [...frame.columns, ...others], version: agreed.version + 1 };
    why = "columns were redeclared in lab.yml";
  }
  if (!base && frame.columns.length === 0) {
    const contract = { ...frame, columns: await file.propose(frame, names) };
    if (contract.columns.length === 0) {
      throw ingestErrors.badDocument({
        message: `${change.name} has no record with a field, so there are no columns to agree on.`,
        place: { file: change.path },
        hint: "Look at the file; records are JSON objects, one a line or in one list.",
      });
    }
    return { contract, match: meet(contract), isNew: true, why: "proposed from the first load" };
  }
  if (!base) why = "declared in lab.yml";
  const contract = base ?? frame;
  const match = meet(contract);
  if (match.ignored.length > 0) {
    const { ignored } = match;
    context.onEvent({
      type: "drift",
      source: source.name,
      file: change.name,
      added: [],
      ignored,
      policy: source.drift,
    });
  }
  if (match.added.length === 0) return { contract, match, isNew: why !== "", why };
  const extra = await file.propose(contract, match.added);
  const version = agreed ? agreed.version + 1 : contract.version;
  if (agreed) context.onEvent({ type: "drift", source: source.name, file: change.name, added: match.added });
  return {
    contract: {
      ...contract,
      version,
      columns: [...contract.columns, ...extra.map((column) => ({ ...column, added: true as const }))],
    },
    match,
    isNew: true,
    why: `${change.name} added ${match.added.join(", ")}`,
  };
}
