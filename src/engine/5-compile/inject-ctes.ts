/** A common table expression that an ephemeral model becomes. */
export interface InjectedCte {
  id: string;
  /** ` __dbt__cte__x as (\n…\n)` */
  sql: string;
}

interface Scan {
  /** End of the first statement, its semicolon included. */
  end: number;
  /** First character that is no white space. */
  first: number;
  /** Just behind a leading WITH or WITH RECURSIVE, -1 when there is none. */
  afterWith: number;
}

const word = /[A-Za-z_]/;

/** Reads over comments, strings and quoted names: what stands in them is no SQL. */
function skipNonCode(sql: string, i: number): number {
  const two = sql.slice(i, i + 2);
  if (two === "--") {
    const end = sql.indexOf("\n", i);
    return end === -1 ? sql.length : end + 1;
  }
  if (two === "/*") {
    const end = sql.indexOf("*/", i + 2);
    return end === -1 ? sql.length : end + 2;
  }
  const c = sql[i];
  if (c === "'" || c === '"') {
    for (let j = i + 1; j < sql.length; j++) {
      if (sql[j] !== c) continue;
      if (sql[j + 1] === c) j++;
      else return j + 1;
    }
    return sql.length;
  }
  if (c === "$") {
    const tag = /^\$(?:[A-Za-z_]\w*)?\$/.exec(sql.slice(i, i + 64))?.[0];
    if (tag !== undefined) {
      const end = sql.indexOf(tag, i + tag.length);
      return end === -1 ? sql.length : end + tag.length;
    }
  }
  return i;
}

function scan(sql: string): Scan {
  let first = -1;
  let afterWith = -1;
  let sawCode = false;
  let i = 0;
  while (i < sql.length) {
    const c = sql[i] as string;
    if (/\s/.test(c)) {
      i++;
      continue;
    }
    if (first === -1) first = i;
    const next = skipNonCode(sql, i);
    if (next !== i) {
      if (c !== "-" && c !== "/") sawCode = true;
      i = next;
      continue;
    }
    if (c === ";") return { end: i + 1, first, afterWith };
    if (!sawCode && word.test(c)) {
      const keyword = /^[A-Za-z_]\w*/.exec(sql.slice(i, i + 64))?.[0] ?? c;
      i += keyword.length;
      const lower = keyword.toLowerCase();
      if (lower === "with" && afterWith === -1) afterWith = i;
      else {
        if (lower === "recursive" && afterWith !== -1) afterWith = i;
        sawCode = true;
      }
      continue;
    }
    sawCode = true;
    i++;
  }
  return { end: sql.length, first: first === -1 ? 0 : first, afterWith };
}

/**
 * Puts CTEs in front of a query: behind its own WITH, else in a new one before the first token, comments included.
 * Only the first statement is kept, as dbt does. Source: dbt-core compilation.py inject_ctes_into_sql.
 */
export function injectCtes(sql: string, ctes: InjectedCte[]): string {
  if (ctes.length === 0) return sql;
  const { end, first, afterWith } = scan(sql);
  const statement = sql.slice(0, end);
  const list = ctes.map((c) => c.sql).join(", ");
  if (afterWith === -1) return `${statement.slice(0, first)}with${list} ${statement.slice(first)}`;
  // dbt puts them in front of the next token, whose white space stays before them.
  const space = /^\s*/.exec(statement.slice(afterWith))?.[0].length ?? 0;
  return `${statement.slice(0, afterWith + space)}${list}, ${statement.slice(afterWith + space)}`;
}
