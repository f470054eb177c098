import { type Connection, quoteIdentifier, quoteLiteral } from "#duck/index.ts";
import type { SourceConfig } from "#registry/index.ts";
import { proposeTypes } from "../contract/propose.ts";
import type { ContractColumn } from "../contract/types.ts";
import { readHead, type TextForm, textStream } from "../csv/encoding.ts";
import { ingestErrors } from "../errors.ts";
import { temporaryFolder, writeStream } from "../load/input.ts";
import { typedFromText } from "../load/typed.ts";
import { jsonColumns, jsonFields } from "./json-columns.ts";
import { ListAtPath, listsOfObjects } from "./json-list.ts";
import { deepest, isTooDeep, JsonRecords, jsonLayout, StrayText } from "./json-records.ts";
import type { ReadRequest, StagedFile } from "./staged.ts";

const stage = "labs_json";

/** What was seen of a file's records while they were split. */
interface Found {
  records: number;
  longest: number;
  /** Text of the first one, unless it is very long. */
  first?: string;
}

/**
 * JSON: a list (also one inside of a document, at `records`), one record a line, or documents one after the other. A record that is no JSON object goes to quarantine.
 * Errors: ING-001 no record, ING-003, ING-004 two columns of one name, ING-007, ING-019 no list where one begins.
 */
export async function readJson({ context, source, change, from }: ReadRequest): Promise<StagedFile> {
  const { connection, signal } = context;
  const { form, text } = await readHead(change.path, source.dialect.encoding);
  const folder = temporaryFolder();
  const count: Found = { records: 0, longest: 0 };
  try {
    const file = `${folder.path}/records.csv`;
    const split = (give: (text: string) => void) =>
      source.records === undefined ? new JsonRecords(jsonLayout(text), give) : new ListAtPath(source.records, give);
    await writeStream(file, recordLines(change.path, form, split, from, count), signal);
    await stageJson(
      connection,
      `read_csv(${quoteLiteral(file)}, auto_detect = false, header = false, delim = ',', quote = '"', escape = '"', nullstr = '',
         new_line = '\\n', max_line_size = ${Math.max(2 << 20, count.longest * 4)}, columns = {'_record': 'BIGINT', '_raw': 'VARCHAR', '_found': 'VARCHAR'})`,
      "_found",
    );
  } finally {
    folder.dispose();
  }
  if (count.records === 0) throw noRecords(change.name, change.path);
  const inside = count.records === 1 && source.records === undefined ? listsOfObjects(count.first ?? "") : [];
  if (inside[0] !== undefined && !context.contracts.has(source.name))
    context.onEvent({ type: "note", source: source.name, file: change.name, text: listInside(inside[0]) });
  return stagedJson(connection, source, change.path, count.records);
}

/** Makes the table {@link stage} from a relation with `_record` and `_raw`; `found` is SQL of a problem that is known already. */
export const stageJson = (connection: Connection, relation: string, found = "NULL"): Promise<void> =>
  connection.run(
    `CREATE OR REPLACE TEMP TABLE ${stage} AS SELECT _record, CASE WHEN ${found} IS NOT NULL THEN ${found} WHEN NOT json_valid(_raw) THEN 'no valid JSON'
       WHEN json_type(_raw) <> 'OBJECT' THEN 'no JSON object but ' || lower(json_type(_raw))
       WHEN list_unique(json_keys(_raw)) < len(json_keys(_raw)) THEN 'two values for one key' END AS _problem, _raw
     FROM ${relation}`,
  );

/** The records of the table {@link stage}, whatever put them there. */
export async function stagedJson(
  connection: Connection,
  source: Pick<SourceConfig, "flatten" | "dialect">,
  file: string,
  records: number,
): Promise<StagedFile> {
  const columns = await jsonColumns(connection, stage, source.flatten ?? false, file);
  const nulls = (source.dialect.nullValues ?? []).filter((value) => value !== "").map(quoteLiteral);
  return {
    names: columns.map(({ name }) => name),
    records,
    optional: true,
    async propose(wanted) {
      const names = new Set(wanted);
      const asked = columns.filter(({ name }) => names.has(name));
      const scalars = asked.filter(({ kind }) => kind !== "JSON");
      const known = new Map<string, ContractColumn>();
      if (scalars.length > 0) {
        const fields = jsonFields(
          stage,
          scalars.map((column) => ({ ...column, asJson: false })),
        );
        const named = scalars.map(({ name }, i) => `f${i} AS ${quoteIdentifier(name)}`).join(", ");
        await connection.run(`CREATE OR REPLACE TEMP TABLE labs_sample AS SELECT ${named} FROM ${fields}`);
        const proposed = await proposeTypes(
          connection,
          "labs_sample",
          scalars.map(({ name }) => name),
        );
        await connection.run("DROP TABLE labs_sample");
        for (const [i, column] of proposed.entries()) known.set(column.name, keepText(column, scalars[i]?.kind ?? ""));
      }
      return asked.map(({ name }) => known.get(name) ?? { name, type: "JSON", nullable: true });
    },
    async typed(contract, match) {
      const byName = new Map(contract.columns.map((column) => [column.name, column]));
      const present = columns.map((column, i) => ({ ...column, agreed: byName.get(match.names[i] ?? "") }));
      const fields = present.flatMap(({ agreed }, i) => (agreed ? [{ column: agreed, field: `f${i}` }] : []));
      const nested = (type = "") => type === "JSON" || /[[(]/.test(type.replace(/^DECIMAL\(.*\)$/, ""));
      const relation = jsonFields(
        stage,
        present.map((column) => ({ ...column, asJson: nested(column.agreed?.type) })),
      );
      const without =
        nulls.length > 0
          ? `(SELECT _record, _problem, _raw${present.map((_, i) => `, CASE WHEN f${i} NOT IN (${nulls.join(", ")}) THEN f${i} END AS f${i}`).join("")} FROM ${relation})`
          : relation;
      return typedFromText(without, fields, contract, match);
    },
    dispose: () => connection.run(`DROP TABLE IF EXISTS ${stage}`),
  };
}

/** What the records write in quotes stays text unless it is a date or a time: `"007"` is a name. */
function keepText(column: ContractColumn, kind: string): ContractColumn {
  const text = kind === "VARCHAR" && !/^(DATE|TIME)/.test(column.type);
  return text ? { name: column.name, type: "VARCHAR", nullable: true } : column;
}

/** `number,"text",problem` of every record. */
async function* recordLines(
  path: string,
  form: TextForm,
  split: (give: (text: string) => void) => JsonRecords | ListAtPath,
  from: ReadRequest["from"],
  count: Found,
): AsyncGenerator<string> {
  let lines: string[] = [];
  const records = split((text) => {
    if (count.records === 0 && text.length < 1 << 24) count.first = text;
    count.records++;
    count.longest = Math.max(count.longest, text.length);
    const deep = isTooDeep(text);
    // Cut, so that nothing that looks at it later goes down there.
    const kept = deep ? `${text.slice(0, deepest)}…` : text;
    const found = deep ? `nested deeper than ${deepest} levels` : "";
    lines.push(`${count.records + (from?.rows ?? 0)},"${kept.replaceAll('"', '""')}",${found}\n`);
  });
  const taken = () => {
    const text = lines.join("");
    lines = [];
    return text;
  };
  try {
    for await (const text of textStream(path, form, { strict: true, start: from?.byte ?? 0 })) {
      records.push(text);
      if (lines.length > 0) yield taken();
    }
    records.end();
  } catch (error) {
    if (!(error instanceof StrayText)) throw error;
    throw ingestErrors.badDocument({
      message: `${path} is no JSON: ${error.message}.`,
      place: { file: path },
      hint: "Deliver it again; it may have been cut short. Records can be a list, or stand one a line.",
      cause: error,
    });
  }
  if (lines.length > 0) yield taken();
}

const listInside = (path: string) =>
  `it is one record, with a list of objects at \`${path}\`; say \`records: ${path}\` for the source in lab.yml when those are the records.`;

const noRecords = (name: string, path: string) =>
  ingestErrors.emptyFile({
    message: `${name} has no records.`,
    place: { file: path },
    hint: "Deliver it again, or delete it.",
  });
