import { type ContractProposal, proposeContracts } from "#ingest/index.ts";
import { freezeSources, type Lab, type SourceEntry, sourcesText } from "#registry/index.ts";
import { renderError } from "#errors/index.ts";
import { writeJson } from "../context.ts";
import type { VerbInput } from "../io.ts";
import { plural } from "../render/index.ts";

/** `--propose` prints what lab.yml could say about the lab's files, `--freeze` writes it there. */
export async function proposeForLab(input: VerbInput, lab: Lab, freeze: boolean): Promise<number> {
  const { io, options, global } = input;
  const sources = options["source"] as string[] | undefined;
  const proposals = await proposeContracts(lab, { ...(sources && { sources }), signal: io.signal });
  const entries = proposals.filter(({ columns }) => columns.length > 0).map(entryOf);
  if (freeze && entries.length > 0) freezeSources(lab.paths.config, lab.config.exists, entries);
  const failed = proposals.flatMap(({ errors }) => errors);
  if (global.output === "json") {
    writeJson(input, { lab: lab.name, frozen: freeze, sources: entries, errors: failed });
  } else {
    if (entries.length === 0) io.out(`There is nothing of ${lab.name} to read.\n`);
    else if (freeze) io.out(`${lab.paths.config} declares ${plural(entries.length, "source")} now.\n`);
    else io.out(sourcesText(entries));
    for (const error of failed)
      io.err(`${renderError(Object.assign(new Error(error.message), error), { color: io.color })}\n`);
  }
  return failed.length > 0 ? 1 : 0;
}

/** A proposal as an entry of `sources:`. */
function entryOf({ source, path, format, dialect, columns, key }: ContractProposal): SourceEntry {
  const formats = (type: string) => [
    ...new Set(columns.filter((column) => column.type === type).map((column) => column.format)),
  ];
  const shared = (type: string) => (formats(type).length === 1 ? formats(type)[0] : undefined);
  const [dates, times] = [shared("DATE"), shared("TIMESTAMP")];
  // lab.yml has one format for all dates: a column of another one stays text.
  const typeOf = ({ type, format: own }: ContractProposal["columns"][number]) =>
    own !== undefined && own !== shared(type) ? "VARCHAR" : type;
  return {
    name: source,
    ...(path.length > 0 && { path: path.length === 1 ? (path[0] ?? "") : path }),
    ...(format !== "csv" && { format }),
    ...(dialect && dialect.delimiter !== "," && { delimiter: dialect.delimiter }),
    ...(dialect && dialect.quote !== '"' && { quote: dialect.quote }),
    ...(dialect && dialect.escape !== dialect.quote && { escape: dialect.escape }),
    ...(dates !== undefined && { date_format: dates }),
    ...(times !== undefined && { timestamp_format: times }),
    columns: Object.fromEntries(
      columns.map((column) => [
        column.name,
        column.nullable ? typeOf(column) : { type: typeOf(column), nullable: false },
      ]),
    ),
    // Of a polled source a key changes what a poll does to the table: that is for people to say.
    ...(key.length > 0 && path.length > 0 && { key: key.length === 1 ? (key[0] ?? "") : key }),
  };
}
