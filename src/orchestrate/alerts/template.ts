import { didYouMean, lineColumn } from "#errors/index.ts";
import { alertErrors } from "./errors.ts";

/** What a template may show: texts and numbers, and lists of the same. Undefined and empty values are false. */
export type TemplateValue = string | number | boolean | undefined | TemplateScope[];
export interface TemplateScope {
  [name: string]: TemplateValue;
}

type Part =
  | { kind: "text"; text: string }
  | { kind: "value"; name: string }
  | { kind: "if" | "unless" | "each"; name: string; inner: Part[]; otherwise: Part[] };

/** A template, checked: first line `subject: …`, an empty line, and a body in Markdown. */
export interface Template {
  subject: Part[];
  body: Part[];
}

/** Names that a template may use; those of a list's items under its name. */
export interface TemplateNames {
  values: string[];
  lists: Record<string, string[]>;
}

/**
 * Reads a template. `{{name}}` is a value, `{{#if name}} … {{else}} … {{/if}}` and `{{#unless name}}` choose,
 * `{{#each list}} … {{/each}}` repeats for each item, whose values go before those around it. Nothing else is evaluated, and
 * values are never read as templates. Errors: ALR-001 with line and column.
 */
export function parseTemplate(source: string, file: string, names: TemplateNames): Template {
  const text = source.replaceAll("\r\n", "\n");
  const head = /^subject:[ \t]*(.+)\n(?:[ \t]*\n)?/.exec(text);
  if (!head) {
    throw alertErrors.badTemplate({
      message: "The template does not begin with its subject.",
      place: { file, line: 1, column: 1, source: text },
      hint: "Write `subject: …` into the first line, then an empty line, then the body.",
    });
  }
  const start = text.indexOf(head[1] as string);
  return {
    subject: new Parser(text, start, start + (head[1] as string).length, file, names).parse(),
    body: new Parser(text, head[0].length, text.length, file, names).parse(),
  };
}

class Parser {
  readonly #text: string;
  readonly #end: number;
  readonly #file: string;
  readonly #names: TemplateNames;
  #at: number;

  constructor(text: string, start: number, end: number, file: string, names: TemplateNames) {
    this.#text = text;
    this.#at = start;
    this.#end = end;
    this.#file = file;
    this.#names = names;
  }

  parse(): Part[] {
    const { parts, closed } = this.#parts([]);
    if (closed)
      throw this.#wrong(closed.at, `\`{{${closed.tag}}}\` closes nothing.`, "Remove it, or add its beginning.");
    return parts;
  }

  #parts(lists: string[]): { parts: Part[]; closed?: { tag: string; at: number } } {
    const parts: Part[] = [];
    for (;;) {
      const open = this.#text.indexOf("{{", this.#at);
      const until = open === -1 || open >= this.#end ? this.#end : open;
      if (until > this.#at) parts.push({ kind: "text", text: this.#text.slice(this.#at, until) });
      if (until === this.#end) return { parts };
      const close = this.#text.indexOf("}}", open);
      if (close === -1 || close >= this.#end)
        throw this.#wrong(open, "`{{` has no `}}`.", "Close it; a template has no other use for `{{`.");
      const tag = this.#text.slice(open + 2, close).trim();
      this.#at = close + 2;
      if (tag === "else" || tag.startsWith("/")) return { parts, closed: { tag, at: open } };
      const block = /^#(\w+)\s+(\w+)$/.exec(tag);
      if (block) parts.push(this.#block(block[1] as string, block[2] as string, open, lists));
      else if (/^\w+$/.test(tag)) {
        this.#known(tag, open, lists, "value");
        parts.push({ kind: "value", name: tag });
      } else
        throw this.#wrong(
          open,
          `\`{{${tag}}}\` is no placeholder.`,
          "Write `{{name}}`, `{{#if name}}` or `{{#each list}}`.",
        );
    }
  }

  #block(kind: string, name: string, at: number, lists: string[]): Part {
    if (kind !== "if" && kind !== "unless" && kind !== "each") {
      const meant = didYouMean(kind, ["if", "unless", "each"]);
      throw this.#wrong(
        at,
        `There is no block \`#${kind}\`.`,
        meant ? `Did you mean \`#${meant}\`?` : "Use #if, #unless or #each.",
      );
    }
    this.#known(name, at, lists, kind === "each" ? "list" : "any");
    this.#trimLine();
    const innerLists = kind === "each" ? [...lists, name] : lists;
    const { parts: inner, closed } = this.#parts(innerLists);
    if (closed?.tag !== "else") return { kind, name, inner: this.#closed(kind, at, inner, closed), otherwise: [] };
    this.#trimLine();
    const rest = this.#parts(lists);
    return { kind, name, inner, otherwise: this.#closed(kind, at, rest.parts, rest.closed) };
  }

  #closed(kind: string, at: number, parts: Part[], closed: { tag: string; at: number } | undefined): Part[] {
    if (closed?.tag !== `/${kind}`)
      throw this.#wrong(closed?.at ?? at, `\`{{#${kind}}}\` is not closed.`, `Add \`{{/${kind}}}\`.`);
    this.#trimLine();
    return parts;
  }

  /** A tag that stands alone on its line takes its line break along. */
  #trimLine(): void {
    const lineStart = this.#text.lastIndexOf("\n", this.#at - 1) + 1;
    if (/^[ \t]*\{\{[^}]*\}\}$/.test(this.#text.slice(lineStart, this.#at)) && this.#text[this.#at] === "\n")
      this.#at++;
  }

  #known(name: string, at: number, lists: string[], kind: "value" | "list" | "any"): void {
    const { values, lists: known } = this.#names;
    const candidates = [
      ...(kind === "list" ? [] : [...values, ...lists.flatMap((list) => known[list] ?? [])]),
      ...(kind === "value" ? [] : Object.keys(known)),
    ];
    if (candidates.includes(name)) return;
    const meant = didYouMean(name, candidates);
    throw this.#wrong(
      at,
      `There is no ${kind === "list" ? "list" : "placeholder"} \`${name}\` here.`,
      meant ? `Did you mean \`${meant}\`?` : `Use one of ${candidates.join(", ")}.`,
    );
  }

  #wrong(offset: number, message: string, hint: string) {
    const { line, column } = lineColumn(this.#text, offset);
    return alertErrors.badTemplate({ message, place: { file: this.#file, line, column, source: this.#text }, hint });
  }
}

/** A template with its values filled in. The subject is one line. */
export function renderTemplate({ subject, body }: Template, scope: TemplateScope): { subject: string; body: string } {
  return {
    subject: fill(subject, [scope]).replace(/\s+/g, " ").trim().slice(0, 200),
    body: `${fill(body, [scope])
      .replace(/\n{3,}/g, "\n\n")
      .trim()}\n`,
  };
}

function fill(parts: Part[], scopes: TemplateScope[]): string {
  const look = (name: string): TemplateValue => scopes.find((scope) => Object.hasOwn(scope, name))?.[name];
  let text = "";
  for (const part of parts) {
    if (part.kind === "text") {
      text += part.text;
      continue;
    }
    const value = look(part.name);
    const given = Array.isArray(value)
      ? value.length > 0
      : value !== undefined && value !== "" && value !== false && value !== 0;
    if (part.kind === "value") text += value === undefined ? "" : String(value);
    else if (part.kind === "each") {
      if (Array.isArray(value) && value.length > 0)
        for (const item of value) text += fill(part.inner, [item, ...scopes]);
      else text += fill(part.otherwise, scopes);
    } else text += fill(given === (part.kind === "if") ? part.inner : part.otherwise, scopes);
  }
  return text;
}
