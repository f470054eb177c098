import { adapterError } from "./errors.ts";

/** Adds dbt's query comment to a statement: in front of it, or in append mode behind it and before its last `;`. */
export function withComment(sql: string, comment: string | null, append: boolean): string {
  if (!comment) return sql;
  if (comment.includes("*/")) throw illegalComment(comment);
  const text = `/* ${comment.trim()} */`;
  if (!append) return `${text}\n${sql}`;
  const body = sql.trimEnd();
  return body.endsWith(";") ? `${body.slice(0, -1)}\n${text};` : `${body}\n${text}`;
}

export const illegalComment = (comment: string) =>
  adapterError("runtime", {
    message: `query comment contains illegal value "*/": ${comment}`,
    hint: "Change query-comment in dbt_project.yml.",
  });
