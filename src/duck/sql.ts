/** `name` as a quoted identifier. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** `text` as a string literal. */
export function quoteLiteral(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** Parts joined with dots, each quoted: `"raw"."orders"`. */
export function qualifiedName(...parts: string[]): string {
  return parts.map(quoteIdentifier).join(".");
}
