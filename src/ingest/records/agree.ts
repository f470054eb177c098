import { type Connection, quoteIdentifier } from "#duck/index.ts";
import type { SourceConfig } from "#registry/index.ts";
import { asEvolved, contractFrame, differsFrom, requireTypes } from "../contract/agree.ts";
import { proposeTypes } from "../contract/propose.ts";
import { declaredNames } from "../contract/widen.ts";
import type { Contract, ContractColumn } from "../contract/types.ts";
import { defaultDialect } from "../csv/dialect.ts";
import { ingestErrors } from "../errors.ts";
import { storeOf } from "../load/shape.ts";
import { kinds, type ObservedColumn, typeOf } from "./shape.ts";

export const rawColumn: ContractColumn = { name: "_raw", type: "JSON", nullable: true };

/** How a poll's columns meet the contract. */
export interface Agreement {
  contract: Contract;
  /** Which staged column fills which column of the contract. */
  fields: { column: ContractColumn; staged: string }[];
  /** Staged columns whose presence sends a record to quarantine. */
  unknown: ObservedColumn[];
  added: string[];
  /** In words: `price (BIGINT → DOUBLE)`. */
  widened: string[];
  isNew: boolean;
  why: string;
}

/** The contract of a source before a poll: agreed or declared. Errors: ING-010. */
export async function baseContract(
  connection: Connection,
  source: SourceConfig,
  agreed: Contract | undefined,
): Promise<{ contract: Contract | undefined; why: string }> {
  const frame = {
    ...asEvolved(contractFrame(source, defaultDialect), agreed, source),
    header: false,
    nullValues: source.dialect.nullValues ?? [],
  };
  if (frame.columns.length > 0) await requireTypes(connection, source, frame.columns);
  if (!agreed) return { contract: frame.columns.length > 0 ? frame : undefined, why: "declared in lab.yml" };
  const settings = { ...agreed, nullValues: frame.nullValues };
  if (frame.columns.length === 0 || !differsFrom(settings, frame)) return { contract: settings, why: "" };
  const declared = new Set(frame.columns.map((column) => column.name.toLowerCase()));
  const others = agreed.columns.filter((column) => !declared.has(column.name.toLowerCase()));
  const columns = [...frame.columns, ...others];
  return {
    contract: { ...frame, columns, version: agreed.version + 1 },
    why: "columns were redeclared in lab.yml",
  };
}

/**
 * The contract under which the records of a poll are loaded. All of them were looked at: types come from every value, and
 * JSON's own types count, so that a text of digits stays text. Errors: ING-005 for new columns under `drift: freeze`.
 */
export async function agreeRecords(
  connection: Connection,
  source: SourceConfig,
  base: { contract: Contract | undefined; why: string },
  observed: ObservedColumn[],
  stage: string,
  keepRaw: boolean,
): Promise<Agreement> {
  const first = base.contract === undefined;
  const start: Contract = base.contract ?? {
    ...contractFrame(source, defaultDialect),
    header: false,
    nullValues: [],
    origin: "proposed",
  };
  const known = new Map(start.columns.map((column) => [column.name.toLowerCase(), column]));
  // Nulls alone say nothing: in a first contract they make a text column, later ones wait for a value.
  const fresh = observed.filter(
    (column) => !known.has(column.name.toLowerCase()) && (column.kinds > 0 || (first && !hasInner(column, observed))),
  );
  const drift = !first && fresh.length > 0;
  if (drift && source.drift === "freeze") throw differs(source, fresh, start);
  const taken = drift && source.drift !== "evolve" ? [] : fresh;
  const added = await proposed(connection, taken, stage);
  const widened = await widen(connection, source, start, observed);
  const columns = [
    ...start.columns.map((column) => widened.get(column.name) ?? column),
    ...added.map((column) => (first ? column : { ...column, added: true as const })),
  ];
  if (keepRaw && !columns.some(({ name }) => name === rawColumn.name)) columns.push(rawColumn);
  const changed = drift && source.drift === "evolve";
  const isNew = first || base.why !== "" || changed || widened.size > 0;
  // Redeclared columns have counted the version up already.
  const version = !first && base.why === "" && isNew ? start.version + 1 : start.version;
  const byName = new Map(observed.map((column) => [column.name.toLowerCase(), column.staged]));
  const fields = columns.flatMap((column) => {
    const staged = column.name === rawColumn.name ? undefined : byName.get(column.name.toLowerCase());
    return staged === undefined ? [] : [{ column, staged }];
  });
  const words = [...widened].map(([name, { type }]) => `${name} (${known.get(name.toLowerCase())?.type} → ${type})`);
  return {
    contract: { ...start, version, columns },
    fields: keepRaw ? [...fields, { column: rawColumn, staged: "_raw" }] : fields,
    unknown: drift && source.drift === "quarantine_rows" ? fresh : [],
    added: changed ? added.map(({ name }) => name) : [],
    widened: words,
    isNew,
    why:
      base.why ||
      (first
        ? "proposed from the first poll"
        : `a poll added ${[...added.map(({ name }) => name), ...words].join(", ")}`),
  };
}

/** A column of nulls that stands for a mapping in other records. */
const hasInner = ({ name }: ObservedColumn, observed: ObservedColumn[]): boolean =>
  observed.some((other) => other.kinds > 0 && other.name.toLowerCase().startsWith(`${name.toLowerCase()}_`));

async function proposed(connection: Connection, columns: ObservedColumn[], stage: string): Promise<ContractColumn[]> {
  // Dates and times are short; looking for them in texts of megabytes takes seconds.
  const texts = columns.filter((column) => typeOf(column.kinds) === undefined && column.longest <= 40);
  const found =
    texts.length === 0
      ? []
      : await proposeTypes(
          connection,
          stage,
          texts.map(({ staged }) => staged),
        );
  const byStaged = new Map(found.map((column) => [column.name, column]));
  return columns.map(({ name, staged, kinds: observed }) => {
    const type = typeOf(observed);
    if (type !== undefined) return { name, type, nullable: true };
    const { type: guessed = "VARCHAR", format } = byStaged.get(staged) ?? {};
    // A text of digits or of the word true was sent as text on purpose.
    if (!/^(DATE|TIME)/.test(guessed)) return { name, type: "VARCHAR", nullable: true };
    return { name, type: guessed, nullable: true, ...(format && { format }) };
  });
}

/** Whole numbers that get fractions become DOUBLE, when nothing is lost by it and nobody declared them. */
async function widen(
  connection: Connection,
  source: SourceConfig,
  contract: Contract,
  observed: ObservedColumn[],
): Promise<Map<string, ContractColumn>> {
  const widened = new Map<string, ContractColumn>();
  if (source.drift !== "evolve") return widened;
  const byName = new Map(observed.map((column) => [column.name.toLowerCase(), column]));
  const declared = declaredNames(source);
  for (const column of contract.columns) {
    const name = column.name.toLowerCase();
    const now = byName.get(name);
    if (!now || declared.has(name) || column.type !== "BIGINT") continue;
    if ((now.kinds & kinds.double) === 0 || (now.kinds & (kinds.long | kinds.huge)) !== 0) continue;
    const value = quoteIdentifier(column.name);
    const { rows } = await connection.query(
      `SELECT coalesce(max(abs(${value}::HUGEINT)), 0) <= 9007199254740991 FROM ${storeOf(source.table)}`,
    );
    if (rows[0]?.[0] === true)
      widened.set(column.name, { ...column, type: "DOUBLE", from: column.from ?? column.type });
  }
  return widened;
}

function differs(source: SourceConfig, fresh: ObservedColumn[], contract: Contract) {
  const names = fresh.map(({ name }) => name);
  return ingestErrors.columnsDiffer({
    message: `The records of ${source.name} have ${names.map((name) => `\`${name}\``).join(", ")}, which the contract does not know.`,
    place: source.place,
    hint: "Nothing was loaded. Let new columns in with `drift: evolve`, or leave them out with `drift: discard_columns`.",
    data: { source: source.name, missing: [], added: names, contract: contract.columns.map(({ name }) => name) },
  });
}
