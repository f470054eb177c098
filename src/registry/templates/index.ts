import { apiTemplate } from "./api.ts";
import { csvTemplate } from "./csv.ts";
import { emptyTemplate } from "./empty.ts";
import type { Template } from "./template.ts";

export type { Template, TemplateFile } from "./template.ts";

/** The built-in templates of `labs new`, by name. */
export const templates: Record<string, Template> = {
  empty: emptyTemplate,
  csv: csvTemplate,
  api: apiTemplate,
};

/** Values of the placeholders. */
export interface TemplateValues {
  /** The lab's name. */
  lab: string;
  /** `lab1_sales` as `Lab1 sales`. */
  title: string;
  maintainer: string;
  description: string;
  /** Today, as YYYY-MM-DD. */
  date: string;
  /** Path from the lab's folder to the JSON Schema of lab.yml. */
  lab_schema: string;
}

/** Replaces `{{lab}}` and the like; only exact names without spaces, so that dbt's own `{{ ref(...) }}` stays. */
export function fill(text: string, values: TemplateValues): string {
  return text.replace(/\{\{(lab|title|maintainer|description|date|lab_schema)\}\}/g, (_, key: keyof TemplateValues) => {
    return values[key];
  });
}
