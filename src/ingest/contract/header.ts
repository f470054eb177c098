import type { SourceConfig } from "#registry/index.ts";
import { didYouMean } from "#errors/index.ts";
import { ingestErrors } from "../errors.ts";
import { areValues, withoutHeader } from "./first-line.ts";
import type { Contract } from "./types.ts";

/**
 * Column names of a header: trimmed, unnamed ones called `column3` after their position.
 * Errors: ING-004 for names that DuckDB cannot tell apart.
 */
export function headerNames(fields: string[], file: string): string[] {
  const names = fields.map((field, i) => field.trim() || `column${i + 1}`);
  const seen = new Map<string, number>();
  for (const [i, name] of names.entries()) {
    const key = name.toLowerCase();
    const earlier = seen.get(key);
    if (earlier !== undefined) {
      throw ingestErrors.badHeader({
        message: `The header has the column \`${name}\` twice: as column ${earlier + 1} and as column ${i + 1}.`,
        place: { file, line: 1 },
        hint: areValues(fields)
          ? withoutHeader
          : "Rename one of them in the file (upper and lower case count as the same), or say `skip_lines` in lab.yml when the header stands further down.",
        data: { column: name, positions: [earlier + 1, i + 1] },
      });
    }
    seen.set(key, i);
  }
  return names;
}

/**
 * Whether a record is the header once more, as in files that were put together: field by field the names of the columns.
 * Not asked of a single column, where a value may well be its name.
 */
export const isHeaderAgain = (fields: string[], names: string[]): boolean =>
  names.length > 1 &&
  fields.length === names.length &&
  names.every((name, i) => (fields[i]?.trim() || `column${i + 1}`).toLowerCase() === name.toLowerCase());

/** Why such a record is kept out. */
export const headerAgain = "the header again, not a row";

/** How a file's columns meet a contract. Positions are the file's. */
export interface HeaderMatch {
  /** In the file's order: the contract's name, or for a new column the header's. */
  names: string[];
  /** New columns that `evolve` lets in. */
  added: string[];
  /** New columns that are read and left out. */
  ignored: string[];
  /** Every row goes to quarantine because the header has columns the contract lacks. */
  quarantineAll: boolean;
}

/** Columns of every store, and those that a view adds; a file's own would be taken for them. */
const stored = ["_load", "_row", "_wins"];
const ofLineage = ["_file", "_load_id", "_loaded_at"];

/** Errors: ING-004 for a column with a name that the platform gives. */
function requireOwnNames(names: string[], source: Pick<SourceConfig, "mode" | "lineage">, file: string): void {
  const taken = [...stored, ...(source.lineage ? ofLineage : source.mode === "snapshot" ? ["_loaded_at"] : [])];
  const at = names.findIndex((name) => taken.includes(name.toLowerCase()));
  if (at === -1) return;
  throw ingestErrors.badHeader({
    message: `Column ${at + 1} is called \`${names[at]}\`, a name that the platform gives to a column of its own.`,
    place: { file, line: 1 },
    hint: "Rename it in the file.",
    data: { column: names[at], taken },
  });
}

/**
 * Matches a header with the contract by name, in any order. `optional`: columns may be missing.
 * Errors: ING-004 for names that are ours, ING-005, which names every column that differs.
 */
export function matchHeader(
  names: string[],
  contract: Contract,
  source: Pick<SourceConfig, "name" | "drift" | "mode" | "lineage">,
  file: string,
  firstLine: string,
  optional = false,
): HeaderMatch {
  requireOwnNames(names, source, file);
  const known = new Map(contract.columns.map((column) => [column.name.toLowerCase(), column.name]));
  const matched = names.map((name) => known.get(name.toLowerCase()) ?? name);
  const added = names.filter((name) => !known.has(name.toLowerCase()));
  const present = new Set(names.map((name) => name.toLowerCase()));
  const missing = contract.columns
    .filter((column) => !optional && !column.added && !present.has(column.name.toLowerCase()))
    .map((column) => column.name);
  // A missing column is missing data under every policy: filling it with nulls would hide a broken delivery.
  if (missing.length > 0 || (added.length > 0 && source.drift === "freeze")) {
    throw differ(missing, added, contract, source.name, file, firstLine);
  }
  if (source.drift === "discard_columns") return { names: matched, added: [], ignored: added, quarantineAll: false };
  if (source.drift === "quarantine_rows") {
    return { names: matched, added: [], ignored: added, quarantineAll: added.length > 0 };
  }
  return { names: matched, added, ignored: [], quarantineAll: false };
}

/** Columns that an error names. */
const mostNamed = 20;

function differ(missing: string[], added: string[], contract: Contract, source: string, file: string, line: string) {
  const list = (names: string[]) => {
    const shown = names.slice(0, mostNamed).map((name) => `\`${name}\``);
    return `${shown.join(", ")}${names.length > mostNamed ? ` and ${names.length - mostNamed} more` : ""}`;
  };
  const parts = [
    ...(missing.length > 0 ? [`it lacks ${list(missing)}`] : []),
    ...(added.length > 0 ? [`it has ${list(added)}, which the contract does not know`] : []),
  ];
  return ingestErrors.columnsDiffer({
    message: `The columns do not match the contract of the source ${source}: ${parts.join(", and ")}.`,
    place: { file, line: 1 },
    hint: adviceOn(missing, added, contract, line),
    data: { source, missing, added, contract: contract.columns.map((column) => column.name) },
  });
}

/** What to do about columns that differ. `line`: the header as it stands in the file. */
function adviceOn(missing: string[], added: string[], contract: Contract, line: string): string {
  if (missing.length > 0 && areValues(added)) return withoutHeader;
  const required = contract.columns.filter((column) => !column.added).length;
  const delimiter = [";", "\t", "|", ","].find(
    (char) => char !== contract.dialect.delimiter && line.split(char).length > required / 2 + 0.5 && added.length === 1,
  );
  if (delimiter !== undefined)
    return `The file seems to be delimited by ${JSON.stringify(delimiter)}, the contract says ${JSON.stringify(contract.dialect.delimiter)}: deliver it as before.`;
  // Each is compared with each: of more than these it is another layout, not a slip of the pen.
  const renamed = (added.length > mostNamed ? [] : missing.slice(0, mostNamed)).flatMap((name) => {
    const meant = didYouMean(name, added);
    return meant ? [`\`${name}\` may be called \`${meant}\` now`] : [];
  });
  if (renamed.length > 0)
    return `${renamed.join("; ")}: correct the header, or give the source a new name for the new layout.`;
  return missing.length > 0
    ? "Deliver the file with all columns, or take them out of `columns` in lab.yml and load with `--full-refresh`."
    : "Take the column out of the file, or let it in with `drift: evolve` in lab.yml.";
}
