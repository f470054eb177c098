export interface TemplateFile {
  /** Relative to the lab's folder, with `/`; may hold placeholders. */
  path: string;
  /** With placeholders such as `{{lab}}`. */
  content: string | Buffer;
  /** Permission bits, kept from a team's own template. */
  mode?: number;
}

export interface Template {
  summary: string;
  files: TemplateFile[];
}
