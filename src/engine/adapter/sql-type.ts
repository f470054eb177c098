/** The parts of a DuckDB type's name that decide how its values read in Python. */
export type SqlType =
  | { kind: "scalar"; name: string }
  | { kind: "list"; item: SqlType }
  | { kind: "struct"; fields: { name: string; type: SqlType }[] }
  | { kind: "map"; key: SqlType; value: SqlType }
  | { kind: "union"; members: Map<string, SqlType> };

const known = new Map<string, SqlType>();

/** Reads DuckDB's spelling of a type: `STRUCT("a" INTEGER[], "b c" MAP(VARCHAR, DATE))`. */
export function parseSqlType(text: string): SqlType {
  let type = known.get(text);
  if (type === undefined) known.set(text, (type = parse(text.trim())));
  return type;
}

function parse(text: string): SqlType {
  const list = /^(.*)\[\d*\]$/s.exec(text);
  if (list) return { kind: "list", item: parse((list[1] as string).trim()) };
  const nested = /^(STRUCT|MAP|UNION)\((.*)\)$/s.exec(text);
  if (nested === null) return { kind: "scalar", name: text.replace(/\(.*$/s, "") };
  const parts = splitTop(nested[2] as string);
  if (nested[1] === "MAP") return { kind: "map", key: parse(parts[0] ?? "NULL"), value: parse(parts[1] ?? "NULL") };
  const fields = parts.map(field);
  if (nested[1] === "STRUCT") return { kind: "struct", fields };
  return { kind: "union", members: new Map(fields.map(({ name, type }) => [name, type])) };
}

function field(text: string): { name: string; type: SqlType } {
  const quoted = /^"((?:[^"]|"")*)"\s+(.*)$/s.exec(text);
  if (quoted) return { name: (quoted[1] as string).replaceAll('""', '"'), type: parse(quoted[2] as string) };
  const space = text.indexOf(" ");
  return space < 0
    ? { name: "", type: parse(text) }
    : { name: text.slice(0, space), type: parse(text.slice(space + 1)) };
}

/** Splits at commas outside of parentheses and quotes. */
function splitTop(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let quote = "";
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    const char = text[i] as string;
    if (quote) {
      if (char === quote) quote = "";
    } else if (char === '"' || char === "'") quote = char;
    else if (char === "(") depth++;
    else if (char === ")") depth--;
    else if (char === "," && depth === 0) {
      parts.push(text.slice(start, i).trim());
      start = i + 1;
    }
  }
  parts.push(text.slice(start).trim());
  return parts;
}
