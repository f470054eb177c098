/** SQL text cut at the semicolons that end statements. */
export interface Cut {
  /** Complete statements, without their semicolons; none is blank. */
  statements: string[];
  /** What follows the last semicolon. */
  rest: string;
}

const blankText = /^(?:\s|--[^\n]*(?:\n|$)|\/\*[^]*?\*\/)*$/;

/** Whether a text holds nothing but spaces and comments. */
export const isBlank = (sql: string): boolean => blankText.test(sql);

/** Without the spaces and comments that it begins with. */
export const withoutLead = (sql: string): string => sql.replace(/^(?:\s|--[^\n]*(?:\n|$)|\/\*[^]*?\*\/)+/, "");

/**
 * Cuts a text into statements. A semicolon inside quotes, `E'…'`, `$tag$…$tag$` or a comment (they nest, as in DuckDB) ends
 * nothing; one of these that is still open leaves all from the statement's beginning in `rest`.
 */
export function cutStatements(text: string): Cut {
  const statements: string[] = [];
  let begin = 0;
  for (let i = 0; i < text.length; ) {
    if (text[i] === ";") {
      const statement = text.slice(begin, i);
      if (!isBlank(statement)) statements.push(statement.trim());
      begin = ++i;
      continue;
    }
    const end = skip(text, i);
    if (end === undefined) break;
    i = end;
  }
  return { statements, rest: text.slice(begin) };
}

/** The place behind what begins here; undefined when it does not end. */
function skip(text: string, at: number): number | undefined {
  const two = text.slice(at, at + 2);
  if (two === "--") {
    const end = text.indexOf("\n", at);
    return end === -1 ? undefined : end + 1;
  }
  if (two === "/*") return skipComment(text, at);
  const sign = text[at];
  if (sign === "'") {
    const escapes = /[eE]/.test(text[at - 1] ?? "") && !/[\w$]/.test(text[at - 2] ?? "");
    return skipQuoted(text, at, "'", escapes);
  }
  if (sign === '"') return skipQuoted(text, at, '"', false);
  if (sign === "$" && !/[\w$]/.test(text[at - 1] ?? "")) {
    const tag = /^\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/.exec(text.slice(at, at + 80))?.[0];
    if (tag !== undefined) {
      const end = text.indexOf(tag, at + tag.length);
      return end === -1 ? undefined : end + tag.length;
    }
  }
  return at + 1;
}

function skipQuoted(text: string, at: number, quote: string, escapes: boolean): number | undefined {
  for (let i = at + 1; i < text.length; i++) {
    if (escapes && text[i] === "\\") i++;
    else if (text[i] === quote) {
      if (text[i + 1] !== quote) return i + 1;
      i++;
    }
  }
  return undefined;
}

function skipComment(text: string, at: number): number | undefined {
  let depth = 0;
  for (let i = at; i < text.length; i++) {
    const two = text.slice(i, i + 2);
    if (two === "/*") depth++;
    else if (two === "*/") depth--;
    else continue;
    i++;
    if (depth === 0) return i + 1;
  }
  return undefined;
}
