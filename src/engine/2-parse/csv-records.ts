/**
 * Rows of a CSV text by header name, as Python's csv.DictReader gives them: all values text, missing ones null.
 * For unit test fixtures; data files are read by DuckDB.
 */
export function csvRecords(text: string): Record<string, string | null>[] {
  const rows = csvRows(text.replace(/^\uFEFF/, ""));
  const header = rows.shift();
  if (!header) return [];
  return rows
    .filter((row) => row.length > 0)
    .map((row) => Object.fromEntries(header.map((name, i) => [name, row[i] ?? null])));
}

function csvRows(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let field = "";
  let quoted = false;
  let any = false;
  const endRow = () => {
    if (any || field !== "" || row.length > 0) {
      row.push(field);
      rows.push(row);
    } else rows.push([]);
    row = [];
    field = "";
    any = false;
  };
  for (let i = 0; i < text.length; i++) {
    const c = text[i] as string;
    if (quoted) {
      if (c !== '"') field += c;
      else if (text[i + 1] === '"') {
        field += '"';
        i++;
      } else quoted = false;
    } else if (c === '"' && field === "") {
      quoted = true;
      any = true;
    } else if (c === ",") {
      row.push(field);
      field = "";
      any = true;
    } else if (c === "\n" || c === "\r") {
      if (c === "\r" && text[i + 1] === "\n") i++;
      endRow();
    } else field += c;
  }
  if (any || field !== "" || row.length > 0) endRow();
  return rows;
}
