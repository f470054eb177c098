/** A relation that a statement writes to, as far as its words tell. */
export interface Written {
  schema: string | undefined;
  name: string;
}

const part = String.raw`(?:"(?:[^"]|"")+"|[A-Za-z_][\w$]*)`;
const qualified = String.raw`(${part}(?:\s*\.\s*${part}){0,2})`;
const writing = new RegExp(
  String.raw`\b(?:insert\s+(?:or\s+\w+\s+)?into|delete\s+from|merge\s+into|update|truncate(?:\s+table)?|copy|(?:create\s+(?:or\s+replace\s+)?(?:temp(?:orary)?\s+)?|drop\s+|alter\s+)(?:recursive\s+|materialized\s+)?(?:table|view)(?:\s+if\s+(?:not\s+)?exists)?)\s+${qualified}`,
  "gi",
);
const comments = /--[^\n]*|\/\*[\s\S]*?\*\//g;
const wholesale = /\b(?:import\s+database|copy\s+from\s+database|use\s+\S)/i;

/**
 * The relations that a text of SQL may write to; `everything` when it may write to any. A name too many costs a rebuild,
 * a name too few a wrong number: words in strings count as well.
 */
export function writtenBy(sql: string): { relations: Written[]; everything: boolean } {
  const code = sql.replace(comments, " ");
  const relations: Written[] = [];
  for (const [, name = ""] of code.matchAll(writing)) {
    const parts = name.match(new RegExp(part, "g")) ?? [];
    const words = parts.map((p) => (p.startsWith('"') ? p.slice(1, -1).replaceAll('""', '"') : p).toLowerCase());
    relations.push({ schema: words.at(-2), name: words.at(-1) ?? "" });
  }
  return { relations, everything: wholesale.test(code) };
}
