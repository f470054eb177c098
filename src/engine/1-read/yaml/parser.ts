import { type Duplicate, Filler, isCollection, type Mapping, merge, writtenOut } from "./mapping.ts";
import { type ScalarTag, constructTagged, resolvePlain, ScalarError } from "./scalars.ts";
import { blockScalar, plainScalar, quotedScalar } from "./scan.ts";
import { normalise, Source, YamlFault } from "./source.ts";

/** Where the keys of a mapping and the items of a list were written: offset by key or index. */
export type Positions = Map<object, Map<string | number, number>>;

export interface Parsed {
  data: unknown;
  duplicates: Duplicate[];
  /** Filled only when asked for: recording costs time. */
  positions: Positions | undefined;
  /** The normalised text that offsets count in. */
  text: string;
}

interface Properties {
  anchor?: string;
  tag?: string;
}

const none: Properties = {};

/** Values of a document with its aliases written out: far more than any project has, and still seconds to walk. */
const mostValues = 5_000_000;

const scalarTags = new Map<string, ScalarTag>(
  (["bool", "int", "float", "null", "timestamp", "str"] as const).map((name) => [`tag:yaml.org,2002:${name}`, name]),
);
const collectionTags = new Set(["seq", "map", "set", "omap", "pairs"].map((name) => `tag:yaml.org,2002:${name}`));

/**
 * Parses one YAML document straight into plain values, by recursive descent over the text.
 * Accepts and refuses what PyYAML's SafeLoader over libyaml does; numbers, words and dates follow YAML 1.1.
 */
export function parseYamlText(source: string, record: boolean): Parsed {
  const parser = new Parser(normalise(source), record);
  const data = whole(parser);
  return { data, duplicates: parser.duplicates, positions: parser.positions, text: parser.text };
}

function whole(parser: Parser): unknown {
  try {
    return parser.document();
  } catch (error) {
    // The stack is full: as PyYAML, which ends in a RecursionError, we read no nesting of thousands of levels.
    if (error instanceof RangeError) throw new YamlFault("the values are nested too deep to be read", parser.pos);
    throw error;
  }
}

class Parser extends Source {
  readonly duplicates: Duplicate[] = [];
  readonly positions: Positions | undefined;
  readonly #anchors = new Map<string, unknown>();
  #firstAlias: number | undefined;
  readonly #handles = new Map([
    ["!", "!"],
    ["!!", "tag:yaml.org,2002:"],
  ]);

  constructor(text: string, record: boolean) {
    super(text);
    this.positions = record ? new Map() : undefined;
  }

  document(): unknown {
    this.#directives();
    const data = this.#block(-1, true, false);
    this.skip(this.pos !== this.lineStart);
    if (this.documentMarker()) {
      const explicit = this.code() === 45;
      if (!explicit) {
        while (this.documentMarker() && this.code() === 46) {
          this.pos += 3;
          this.skip(true);
        }
      }
      if (!this.atEnd) {
        this.fail("but found another document", this.pos, "expected a single document in the stream", 0);
      }
    }
    if (!this.atEnd) this.#unexpected("did not find expected <document start>");
    // Only an alias can close a circle, or stand for so much that whoever walks the data does not come to an end.
    const count = this.#firstAlias === undefined ? 0 : writtenOut(data);
    if (count === Number.POSITIVE_INFINITY)
      this.fail("an alias stands inside the value that it names", this.#firstAlias);
    if (count > mostValues) this.fail("written out, the aliases make more than 5,000,000 values", this.#firstAlias);
    return data;
  }

  #directives(): void {
    this.skip(false);
    while (this.code() === 37 && this.pos === this.lineStart) {
      const end = this.text.indexOf("\n", this.pos);
      const line = this.text.slice(this.pos, end === -1 ? this.text.length : end);
      const tag = /^%TAG[ \t]+(!|!!|![\w-]+!)[ \t]+(\S+)/.exec(line);
      if (tag?.[1] !== undefined && tag[2] !== undefined) this.#handles.set(tag[1], tag[2]);
      else if (!/^%YAML[ \t]+1\.\d+[ \t]*(?:#.*)?$/.test(line)) {
        this.fail("found unknown directive name", this.pos, "while scanning a directive", this.pos);
      }
      this.pos += line.length;
      this.skip(false);
    }
    if (this.documentMarker() && this.code() === 45) this.pos += 3;
  }

  /**
   * A node in block context, null when there is none. `indent` is the column of the collection around it;
   * `compact`: a collection may start on this line, as after `- `; `listAtIndent`: `- ` may stand right under its key.
   */
  #block(indent: number, compact: boolean, listAtIndent: boolean): unknown {
    let crossed = this.skip(!compact);
    let startsLine = compact || crossed;
    if (!this.#inside(indent, crossed, listAtIndent)) return null;
    let column = this.pos - this.lineStart;
    let outer = none;
    let inner = none;
    let c = this.code();
    if (c === 38 || c === 33) {
      inner = this.#properties();
      crossed = this.skip(true);
      if (crossed) {
        outer = inner;
        inner = none;
        startsLine = true;
        if (!this.#inside(indent, true, listAtIndent)) return this.#scalar("", true, outer);
        column = this.pos - this.lineStart;
        c = this.code();
        if (c === 38 || c === 33) {
          inner = this.#properties();
          if (this.skip(true)) this.fail("did not find expected node content", this.pos, "while parsing a block node");
        }
      } else if (this.atEnd) return this.#scalar("", true, inner);
      c = this.code();
    }
    const own = outer === none ? inner : outer;
    const propertiesOnLine = inner !== none;
    switch (c) {
      case 45: // -
        if (this.blankAt(this.pos + 1)) {
          if (!startsLine || propertiesOnLine) {
            this.fail("block sequence entries are not allowed in this context");
          }
          return this.#blockSequence(column, own);
        }
        break;
      case 63: // ?
        if (this.blankAt(this.pos + 1)) {
          if (!startsLine || propertiesOnLine) this.fail("mapping keys are not allowed in this context");
          return this.#blockMapping(column, outer);
        }
        break;
      case 58: // :
        if (this.blankAt(this.pos + 1)) {
          this.fail("did not find expected key", this.pos, "while parsing a block mapping", this.pos);
        }
        break;
      case 124: // |
      case 62: // >
        return this.#scalar(blockScalar(this, indent), false, own);
    }
    const lineStart = this.lineStart;
    const start = this.pos;
    // Plain and quoted keys are read as text first: whether it is a key shows behind it.
    if (c === 91 || c === 123 || c === 42) {
      const value = c === 42 ? this.#alias() : this.#flowCollection(propertiesOnLine ? inner : own);
      if (this.lineStart === lineStart && this.#valueFollows()) {
        if (!startsLine) this.fail("mapping values are not allowed in this context");
        if (c !== 42) this.#unhashable(start);
        return this.#blockMapping(column, outer, { key: value, offset: start });
      }
      return value;
    }
    const { text, single, plain } = this.#scalarText(indent, false);
    if (single && this.#valueFollows()) {
      if (!startsLine) this.fail("mapping values are not allowed in this context");
      return this.#blockMapping(column, outer, { key: this.#key(text, plain, inner), offset: start });
    }
    return this.#scalar(text, plain, own);
  }

  /** Whether the cursor still is on content that belongs to a collection at `indent`. */
  #inside(indent: number, crossed: boolean, listAtIndent: boolean): boolean {
    if (this.atEnd) return false;
    if (!crossed && this.pos !== this.lineStart) return true;
    const column = this.pos - this.lineStart;
    if (column === 0 && this.documentMarker()) return false;
    return column > indent || (listAtIndent && column === indent && this.code() === 45 && this.blankAt(this.pos + 1));
  }

  /** Blanks and then a `:` that means a value; leaves the cursor on the colon. */
  #valueFollows(): boolean {
    let pos = this.pos;
    let c = this.text.charCodeAt(pos);
    while (c === 32 || c === 9) c = this.text.charCodeAt(++pos);
    if (c !== 58 || !this.blankAt(pos + 1)) return false;
    this.pos = pos;
    return true;
  }

  #blockSequence(column: number, properties: Properties): unknown[] {
    const start = this.pos;
    const list: unknown[] = [];
    this.#define(list, properties);
    const offsets = this.#recordOf(list);
    for (;;) {
      this.pos++;
      const at = this.pos;
      const item = this.#block(column, true, false);
      offsets?.set(list.length, this.#firstContent(at));
      list.push(item);
      this.skip(this.pos !== this.lineStart);
      if (this.atEnd) return list;
      const here = this.pos - this.lineStart;
      const entry = this.code() === 45 && this.blankAt(this.pos + 1);
      if (here === column && entry && this.firstOnLine()) continue;
      // A list right under its key ends where the next key stands.
      if (this.firstOnLine() && (here < column || (here === column && !entry))) return list;
      this.#unexpected("did not find expected '-' indicator", "while parsing a block collection", start);
    }
  }

  #blockMapping(column: number, properties: Properties, first?: { key: unknown; offset: number }): Mapping {
    const start = first?.offset ?? this.pos;
    const mapping: Mapping = {};
    this.#define(mapping, properties);
    const filler = new Filler(this, mapping, this.#recordOf(mapping));
    let entry = first ?? this.#blockKey(column);
    for (;;) {
      const { key, offset } = entry;
      let value: unknown = null;
      if (this.code() === 58 && this.blankAt(this.pos + 1)) {
        const explicit = this.firstOnLine();
        this.pos++;
        value = this.#block(column, explicit, true);
      }
      filler.add(key, value, offset);
      this.skip(this.pos !== this.lineStart);
      if (this.atEnd) break;
      const here = this.pos - this.lineStart;
      if (this.firstOnLine()) {
        if (here < column || (here === 0 && this.documentMarker())) break;
        if (here === column && !(this.code() === 45 && this.blankAt(this.pos + 1))) {
          entry = this.#blockKey(column);
          continue;
        }
      }
      this.#unexpected("did not find expected key", "while parsing a block mapping", start);
    }
    filler.finish();
    return mapping;
  }

  /** A key at the start of a line; leaves the cursor on its colon when it has one. */
  #blockKey(column: number): { key: unknown; offset: number } {
    const offset = this.pos;
    let c = this.code();
    if (c === 63 && this.blankAt(this.pos + 1)) {
      this.pos++;
      const key = this.#block(column, true, false);
      if (typeof key === "object" && key !== null && isCollection(key)) this.#unhashable(offset);
      this.skip(false);
      if (this.code() === 58 && this.pos - this.lineStart !== column) this.#unexpected("did not find expected key");
      return { key, offset };
    }
    if (c === 58 && this.blankAt(this.pos + 1)) {
      this.fail("did not find expected key", this.pos, "while parsing a block mapping", this.pos);
    }
    let properties = none;
    if (c === 38 || c === 33) {
      properties = this.#properties();
      while (this.code() === 32 || this.code() === 9) this.pos++;
      c = this.code();
    }
    if (c === 91 || c === 123) {
      this.#flowCollection(none);
      this.#unhashable(offset);
    }
    let key: unknown;
    if (c === 42) key = this.#alias();
    else {
      const { text, single, plain } = this.#scalarText(column, false);
      if (!single) this.fail("could not find expected ':'", this.pos, "while scanning a simple key", offset);
      key = this.#key(text, plain, properties);
    }
    if (!this.#valueFollows()) {
      this.fail("could not find expected ':'", this.pos, "while scanning a simple key", offset);
    }
    return { key, offset };
  }

  /** The text of a plain or quoted scalar at the cursor. */
  #scalarText(indent: number, flow: boolean): { text: string; single: boolean; plain: boolean } {
    const c = this.code();
    if (c === 34 || c === 39) {
      const { text, single } = quotedScalar(this);
      return { text, single, plain: false };
    }
    if (this.#indicator(c, flow)) this.#unexpected("did not find expected node content", "while parsing a node");
    const { text, single } = plainScalar(this, indent, flow);
    return { text, single, plain: true };
  }

  /** Characters that no plain scalar starts with. */
  #indicator(c: number, flow: boolean): boolean {
    switch (c) {
      case 9:
      case 37:
      case 64:
      case 96: // tab % @ `
        return this.fail("found character that cannot start any token", this.pos, "while scanning for the next token");
      case 45: // -
        return this.blankAt(this.pos + 1);
      case 58:
      case 63: // : ?
        return this.blankAt(this.pos + 1) || (flow && c === 58);
      case 33:
      case 38:
      case 42:
      case 62:
      case 124: // ! & * > |
      case 44:
      case 91:
      case 93:
      case 123:
      case 125: // , [ ] { }
        return true;
      default:
        return !(c > 32);
    }
  }

  #flowCollection(properties: Properties): unknown {
    return this.code() === 91 ? this.#flowSequence(properties) : this.#flowMapping(properties);
  }

  #flowSequence(properties: Properties): unknown[] {
    const start = this.pos++;
    const list: unknown[] = [];
    this.#define(list, properties);
    const offsets = this.#recordOf(list);
    for (;;) {
      this.skipFlow();
      if (this.code() === 93) break;
      const offset = this.pos;
      const explicit = this.code() === 63;
      if (explicit) {
        this.pos++;
        this.skipFlow();
      }
      const { lineStart } = this;
      let item = explicit && this.#emptyKey() ? null : this.#flowNode(true);
      this.skipFlow();
      this.#keyOnOneLine(explicit, lineStart, "did not find expected ',' or ']'", start);
      // `[a: b]` is a list of one mapping.
      if (explicit || this.code() === 58) {
        const pair: Mapping = {};
        const filler = new Filler(this, pair, this.#recordOf(pair));
        filler.add(this.#flowKey(item, offset), this.#flowValue(), offset);
        filler.finish();
        item = pair;
      } else if (item === merge) this.#unwrapped(offset);
      offsets?.set(list.length, offset);
      list.push(item);
      this.skipFlow();
      if (this.code() === 44) this.pos++;
      else if (this.code() !== 93) {
        this.fail("did not find expected ',' or ']'", this.pos, "while parsing a flow sequence", start);
      }
    }
    this.pos++;
    return list;
  }

  #flowMapping(properties: Properties): Mapping {
    const start = this.pos++;
    const mapping: Mapping = {};
    this.#define(mapping, properties);
    const filler = new Filler(this, mapping, this.#recordOf(mapping));
    for (;;) {
      this.skipFlow();
      if (this.code() === 125) break;
      const offset = this.pos;
      const explicit = this.code() === 63;
      if (explicit) {
        this.pos++;
        this.skipFlow();
      }
      const { lineStart } = this;
      const key = explicit && this.#emptyKey() ? null : this.#flowNode(true);
      this.skipFlow();
      this.#keyOnOneLine(explicit, lineStart, "did not find expected ',' or '}'", start);
      filler.add(this.#flowKey(key, offset), this.#flowValue(), offset);
      this.skipFlow();
      if (this.code() === 44) this.pos++;
      else if (this.code() !== 125) {
        this.fail("did not find expected ',' or '}'", this.pos, "while parsing a flow mapping", start);
      }
    }
    this.pos++;
    filler.finish();
    return mapping;
  }

  /** A key and its colon stand on one line, unless `?` introduced it. */
  #keyOnOneLine(explicit: boolean, lineStart: number, problem: string, start: number): void {
    if (!explicit && this.code() === 58 && this.lineStart !== lineStart) {
      this.fail(problem, this.pos, "while parsing a flow collection", start);
    }
  }

  #emptyKey(): boolean {
    const c = this.code();
    return c === 58 || c === 44 || c === 93 || c === 125;
  }

  #flowKey(key: unknown, offset: number): unknown {
    if (typeof key === "object" && key !== null && isCollection(key)) this.#unhashable(offset);
    return key;
  }

  /** The value behind a colon inside brackets; null when there is none. */
  #flowValue(): unknown {
    if (this.code() !== 58) return null;
    this.pos++;
    this.skipFlow();
    const c = this.code();
    return c === 44 || c === 93 || c === 125 ? null : this.#flowNode(false);
  }

  #flowNode(asKey: boolean): unknown {
    let properties = none;
    let c = this.code();
    if (c === 38 || c === 33) {
      properties = this.#properties();
      this.skipFlow();
      c = this.code();
      if (c === 44 || c === 93 || c === 125 || c === 58) return this.#scalar("", true, properties);
    }
    if (this.atEnd) this.fail("did not find expected node content", this.pos, "while parsing a flow node");
    if (c === 91 || c === 123) return this.#flowCollection(properties);
    if (c === 42) return this.#alias();
    const { text, plain } = this.#scalarText(-1, true);
    return asKey ? this.#key(text, plain, properties) : this.#scalar(text, plain, properties);
  }

  #properties(): Properties {
    const properties: Properties = {};
    for (;;) {
      const c = this.code();
      if (c === 38 && properties.anchor === undefined) properties.anchor = this.#anchorName();
      else if (c === 33 && properties.tag === undefined) properties.tag = this.#tag();
      else return properties;
      while (this.code() === 32 || this.code() === 9) this.pos++;
    }
  }

  #anchorName(): string {
    const start = this.pos++;
    const name = /[\w-]*/y;
    name.lastIndex = this.pos;
    const found = name.exec(this.text)?.[0] ?? "";
    this.pos += found.length;
    const c = this.code();
    if (this.text[start] === "&" && this.#anchors.has(found)) this.fail("found duplicate anchor", start);
    if (found === "" || !(!(c > 32) || [63, 58, 44, 93, 125, 37, 64, 96].includes(c))) {
      this.fail(
        "did not find expected alphabetic or numeric character",
        this.pos,
        "while scanning an anchor or alias",
        start,
      );
    }
    return found;
  }

  #tag(): string {
    const start = this.pos;
    const pattern = /!<([^>\s]+)>|(!(?:[\w-]*!)?)([^\s,[\]{}]*)/y;
    pattern.lastIndex = start;
    const found = pattern.exec(this.text);
    if (!found) this.fail("did not find the expected tag", start, "while scanning a tag", start);
    this.pos += found[0].length;
    if (found[1] !== undefined) return found[1];
    const prefix = this.#handles.get(found[2] ?? "!");
    if (prefix === undefined) this.fail("found undefined tag handle", start, "while parsing a node", start);
    if (!this.blankAt(this.pos) && this.code() !== 44) {
      this.fail("did not find expected whitespace or line break", this.pos, "while scanning a tag", start);
    }
    try {
      return prefix + decodeURIComponent(found[3] ?? "");
    } catch {
      return this.fail("did not find URI escaped octet", start, "while parsing a tag", start);
    }
  }

  #alias(): unknown {
    const start = this.pos;
    const name = this.#anchorName();
    if (!this.#anchors.has(name)) this.fail(`found undefined alias '${name}'`, start);
    const value = this.#anchors.get(name);
    if (typeof value === "object" && value !== null) this.#firstAlias ??= start;
    return value;
  }

  #define(value: unknown, { anchor, tag }: Properties): void {
    if (tag !== undefined && !collectionTags.has(tag) && tag !== "!") {
      this.fail(`could not determine a constructor for the tag '${tag}'`);
    }
    if (anchor !== undefined) this.#anchors.set(anchor, value);
  }

  #scalar(text: string, plain: boolean, properties: Properties): unknown {
    if (plain && properties.tag === undefined && (text === "<<" || text === "="))
      this.#unwrapped(this.pos - text.length);
    return this.#resolve(text, plain, properties);
  }

  #key(text: string, plain: boolean, properties: Properties): unknown {
    return plain && text === "<<" && properties.tag === undefined ? merge : this.#resolve(text, plain, properties);
  }

  #resolve(text: string, plain: boolean, properties: Properties): unknown {
    const { tag, anchor } = properties;
    let value: unknown;
    try {
      if (tag === "!" && text === "") value = text;
      else if (tag === undefined || tag === "!") value = plain ? resolvePlain(text) : text;
      else {
        const known = scalarTags.get(tag);
        if (known === undefined) this.fail(`could not determine a constructor for the tag '${tag}'`);
        value = constructTagged(known, text);
      }
    } catch (error) {
      if (error instanceof ScalarError || error instanceof RangeError) this.fail(error.message);
      throw error;
    }
    if (anchor !== undefined) this.#anchors.set(anchor, value);
    return value;
  }

  #recordOf(container: object): Map<string | number, number> | undefined {
    if (this.positions === undefined) return undefined;
    const offsets = new Map<string | number, number>();
    this.positions.set(container, offsets);
    return offsets;
  }

  #firstContent(at: number): number {
    while (this.code(at) === 32) at++;
    return at;
  }

  #unwrapped(offset: number): never {
    return this.fail("'<<' and '=' are not values; put them in quotes", offset);
  }

  #unhashable(offset: number): never {
    return this.fail("found unhashable key", offset, "while constructing a mapping", offset);
  }

  #unexpected(problem: string, context?: string, contextOffset?: number): never {
    const c = this.code();
    if (c === 9 || c === 37 || c === 64 || c === 96) {
      this.fail("found character that cannot start any token", this.pos, "while scanning for the next token");
    }
    if (c === 58 && this.blankAt(this.pos + 1)) this.fail("mapping values are not allowed in this context");
    return this.fail(problem, this.pos, context, contextOffset);
  }
}
