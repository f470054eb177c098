import { lineColumn } from "#errors/index.ts";
import { errors } from "./errors.ts";
import { isSpace } from "./text.ts";

/** A top-level block of a file: `{% macro x(a) %}...{% endmacro %}`. */
export interface Block {
  type: string;
  name: string | undefined;
  /** With both tags. */
  fullSource: string;
  /** Where `fullSource` starts in the file. */
  offset: number;
  contents: string;
  contentsOffset: number;
}

export interface ExtractOptions {
  file: string;
  /** The types of blocks to extract; all others are looked over. */
  allowed: ReadonlySet<string>;
  /** Told of tags at the top level that are no block: dbt's deprecation warning. */
  unexpected?: (tag: string, offset: number) => void;
}

interface Tag {
  type: string;
  name: string | undefined;
  start: number;
  end: number;
}

const opening = /\{[%{#]/g;
const blockStart = /\{%-?\s*([A-Za-z_][A-Za-z_0-9]*)(?:\s+([A-Za-z_][A-Za-z_0-9]*))?/y;
const quote = /['"]/g;
const tagClose = /-%\}\s*|%\}/g;
const expressionClose = /\}\}/g;
const commentClose = /#\}/g;
const text = /'[^'\\]*(?:\\[\s\S][^'\\]*)*'|"[^"\\]*(?:\\[\s\S][^"\\]*)*"/g;
const rawBlock = /\{%-?\s*raw\s*(?:-%\}\s*|%\})[\s\S]*?\{%-?\s*endraw\s*(?:-%\}\s*|%\})/g;

const controls: Record<string, string> = { if: "endif", for: "endfor" };
const endings: Record<string, string> = { endif: "if", endfor: "for" };

/** A regular expression's next match that is remembered while the position moves towards it. */
class Finder {
  private readonly pattern: RegExp;
  private readonly source: string;
  private start = -1;
  private from = 0;
  end = 0;
  constructor(pattern: RegExp, source: string) {
    this.pattern = pattern;
    this.source = source;
  }
  /** Start of the first match at or behind `at`; -1 when there is none. */
  find(at: number): number {
    if (this.start === -2 && at >= this.from) return -1;
    if (this.start >= at && this.from <= at) return this.start;
    this.pattern.lastIndex = at;
    const m = this.pattern.exec(this.source);
    this.from = at;
    this.start = m ? m.index : -2;
    this.end = m ? this.pattern.lastIndex : 0;
    return m ? m.index : -1;
  }
}

/** dbt's own scan of a file for its blocks: it knows strings, comments and raw, and nothing else of Jinja. */
export function extractBlocks(source: string, options: ExtractOptions): Block[] {
  const blocks: Block[] = [];
  const open: string[] = [];
  let current: Tag | undefined;
  const place = (offset: number) => ({ file: options.file, ...lineColumn(source, offset), source });
  const at = (offset: number): string => {
    const { line, column } = lineColumn(source, offset);
    return `${line}:${column - 1}`;
  };
  const fail = (message: string, offset: number, hint?: string): never => {
    throw errors.BlockError({
      message,
      place: place(offset),
      ...(hint ? { hint } : {}),
      data: { python: "CompilationError" },
    });
  };
  for (const tag of tags(source, (expected, offset) =>
    fail(`unexpected EOF, expected ${expected}, got "${source.slice(offset)}"`, offset),
  )) {
    const { type } = tag;
    if (Object.hasOwn(controls, type)) open.push(type);
    else if (Object.hasOwn(endings, type)) {
      const last = open.pop();
      if (last === undefined) {
        fail(
          `Got an unexpected control flow end tag, got ${type} but never saw a preceeding ${endings[type]} (@ ${at(tag.start)})`,
          tag.start,
        );
      } else if (controls[last] !== type) {
        fail(
          `Got an unexpected control flow end tag, got ${type} but expected ${controls[last]} next (@ ${at(tag.start)})`,
          tag.start,
        );
      }
    }
    if (options.allowed.has(type)) {
      if (open.length > 0) {
        fail(
          `Got a block definition inside control flow at ${at(tag.start)}. All dbt block definitions must be at the top level`,
          tag.start,
        );
      }
      if (current) {
        fail(
          `Got nested tags: ${current.type} (started at ${current.start}) did not have a matching {{% end${current.type} %}} ` +
            `before a subsequent ${type} was found (started at ${tag.start})`,
          tag.start,
          `Close the ${current.type} block${current.name ? ` '${current.name}'` : ""} before this one.`,
        );
      }
      current = tag;
    } else if (current && type === `end${current.type}`) {
      blocks.push({
        type: current.type,
        name: current.name,
        fullSource: source.slice(current.start, tag.end),
        offset: current.start,
        contents: source.slice(current.end, tag.start),
        contentsOffset: current.end,
      });
      current = undefined;
    } else if (!current) options.unexpected?.(type, tag.start);
  }
  if (current) {
    const { line } = lineColumn(source, current.end);
    fail(`Reached EOF without finding a close tag for ${current.type} (searched from line ${line})`, current.start);
  }
  return blocks;
}

/** All tags `{% name ... %}` outside of comments, expressions and raw. */
function* tags(source: string, eof: (expected: string, offset: number) => never): Generator<Tag> {
  const quotes = new Finder(quote, source);
  const closes = new Finder(tagClose, source);
  const expressionEnds = new Finder(expressionClose, source);
  let at = 0;
  /** The end of the first `close` that is not inside of a string. */
  const skipTo = (close: Finder, expected: string, from: number): number => {
    let position = from;
    for (;;) {
      const end = close.find(position);
      const q = quotes.find(position);
      if (end < 0 && q < 0) return eof(expected, position);
      if (end >= 0 && (q < 0 || close.end <= q + 1)) return close.end;
      text.lastIndex = q;
      if (!text.exec(source)) return eof("string", q);
      position = text.lastIndex;
    }
  };
  while (at < source.length) {
    opening.lastIndex = at;
    const m = opening.exec(source);
    if (!m) return;
    const start = m.index;
    if (m[0] === "{#") {
      commentClose.lastIndex = start + 2;
      if (!commentClose.exec(source)) eof("#}", start + 2);
      at = commentClose.lastIndex;
      continue;
    }
    if (m[0] === "{{") {
      let body = start + 2;
      while (body < source.length && isSpace(source.charAt(body))) body++;
      at = skipTo(expressionEnds, "}}", body);
      continue;
    }
    blockStart.lastIndex = start;
    const tag = blockStart.exec(source);
    if (!tag) {
      at = start + 1;
      continue;
    }
    let from = start;
    if (source[start + 2] === "-") while (from > at && isSpace(source.charAt(from - 1))) from--;
    const type = tag[1] as string;
    if (type === "raw") {
      rawBlock.lastIndex = start;
      if (!rawBlock.exec(source)) eof("{% raw %}...{% endraw %}", start);
      at = rawBlock.lastIndex;
    } else at = skipTo(closes, 'tag close ("%}")', blockStart.lastIndex);
    yield { type, name: tag[2], start: from, end: at };
  }
}
