import type { PlainRecord } from "../manifest/types.ts";
import type { Project } from "./types.ts";

/** The comment that dbt puts before every statement unless a project says otherwise: who sent it, as JSON. */
export const defaultQueryComment = `{%- set facts = dict(app='dbt', dbt_version=dbt_version, profile_name=target.profile_name, target_name=target.target_name) -%}
{%- if node is none -%}{%- do facts.update(connection_name=connection_name) -%}
{%- else -%}{%- do facts.update(node_id=node.unique_id) -%}{%- endif -%}
{{ return(tojson(facts)) }}`;

/** `query-comment` of dbt_project.yml; null and the empty text switch it off. */
export function queryComment(data: PlainRecord): Project["queryComment"] {
  const off = { comment: null, append: false, jobLabel: false };
  if (!Object.hasOwn(data, "query-comment")) return { ...off, comment: defaultQueryComment };
  const value = data["query-comment"];
  if (typeof value === "string") return { ...off, comment: value === "" ? null : value };
  if (typeof value !== "object" || value === null) return off;
  const { comment, append, "job-label": jobLabel } = value as PlainRecord;
  return {
    comment: comment === undefined ? defaultQueryComment : comment === null || comment === "" ? null : String(comment),
    append: append === true,
    jobLabel: jobLabel === true,
  };
}
