import type { Block, CallBlock, Filter, For, If, Macro, Output, Signature, Stmt, Target, TypeNote } from "./ast.ts";
import { pyError } from "./errors.ts";
import { describeType } from "./lexer.ts";
import { ExpressionParser } from "./parse-expression.ts";
import type { Source } from "./source.ts";
import { spaceOnly } from "./text.ts";

export interface ParseOptions {
  /** dbt renames the macros of its files, so that calls by their plain name go through its own lookup. */
  macroPrefix?: string;
}

/** The grammar of statements, with dbt's own: materialization, docs and test blocks, typed arguments. */
export class Parser extends ExpressionParser {
  private readonly prefix: string;
  private readonly tags: string[] = [];
  private readonly ends: string[][] = [];

  constructor(source: Source, options: ParseOptions = {}) {
    super(source);
    this.prefix = options.macroPrefix ?? "";
  }

  template(): Stmt[] {
    return this.body();
  }

  private body(ends?: string[]): Stmt[] {
    const out: Stmt[] = [];
    let parts: Output["parts"] = [];
    let start = 0;
    if (ends) this.ends.push(ends);
    const flush = () => {
      if (parts.length > 0) out.push({ kind: "output", parts, at: start });
      parts = [];
    };
    for (;;) {
      const token = this.current;
      if (token.type === "eof") break;
      if (parts.length === 0) start = token.position;
      if (token.type === "data") {
        parts.push(token.value);
        this.next();
      } else if (token.type === "variable_begin") {
        this.next();
        parts.push(this.tuple());
        this.expect("variable_end");
      } else {
        flush();
        this.next();
        if (ends?.some((end) => this.test(end))) {
          this.ends.pop();
          return out;
        }
        out.push(this.statement());
        this.expect("block_end");
      }
    }
    flush();
    if (ends) this.ends.pop();
    return out;
  }

  /** The statements up to one of `ends`, which is the current token afterwards. */
  private statements(...ends: string[]): Stmt[] {
    this.skipIf("colon");
    this.expect("block_end");
    const out = this.body(ends);
    if (this.current.type === "eof") this.failUnclosed(undefined, [...this.ends, ends], this.current.position);
    return out;
  }
  private block(end: string): Stmt[] {
    const out = this.statements(end);
    this.next();
    return out;
  }

  private statement(): Stmt {
    const token = this.current;
    if (token.type !== "name") this.fail("tag name expected");
    this.tags.push(token.value);
    const parsed = this.dispatch(token.value, token.position);
    this.tags.pop();
    return parsed;
  }

  private dispatch(tag: string, at: number): Stmt {
    switch (tag) {
      case "set":
        return this.set(at);
      case "for":
        return this.for(at);
      case "if":
        return this.if(at);
      case "macro":
        return this.macro(at);
      case "call":
        return this.callBlock(at);
      case "filter": {
        this.next();
        const filter = this.filterChain(true) as Filter;
        return { kind: "filterblock", filter, body: this.block("name:endfilter"), at };
      }
      case "with":
        return this.with(at);
      case "block":
        return this.namedBlock(at);
      case "autoescape": {
        this.next();
        const option = this.expression();
        return { kind: "scope", option, body: this.block("name:endautoescape"), at };
      }
      case "print":
        return this.print(at);
      case "do":
        this.next();
        return { kind: "do", value: this.tuple(), at };
      case "break":
      case "continue":
        this.next();
        return { kind: tag, at };
      case "include":
      case "import":
      case "from":
      case "extends":
        return this.load(tag, at);
      case "materialization":
        return this.materialization(at);
      case "test": {
        this.next();
        const name = this.expect("name").value;
        const signature = this.signature();
        return { kind: "macro", name: `${this.prefix}test_${name}`, signature, body: this.block("name:endtest"), at };
      }
      case "docs": {
        this.next();
        const name = this.expect("name").value;
        const signature: Signature = { params: [], defaults: [] };
        return { kind: "macro", name: `dbt_docs__${name}`, signature, body: this.block("name:enddocs"), at };
      }
      default:
        this.tags.pop();
        return this.failUnclosed(tag, this.ends, at);
    }
  }

  /** An unknown tag, or the end of the text inside of a block. */
  private failUnclosed(tag: string | undefined, stack: string[][], at: number): never {
    const looking = stack
      .at(-1)
      ?.map((end) => `'${describeType(end)}'`)
      .join(" or ");
    const message = [tag === undefined ? "Unexpected end of template." : `Encountered unknown tag '${tag}'.`];
    if (looking) {
      const nesting = tag !== undefined && stack.some((ends) => ends.some((end) => describeType(end) === tag));
      message.push(
        nesting
          ? `You probably made a nesting mistake. Jinja is expecting this tag, but currently looking for ${looking}.`
          : `Jinja was looking for the following tags: ${looking}.`,
      );
    }
    const innermost = this.tags.at(-1);
    if (innermost) message.push(`The innermost block that needs to be closed is '${innermost}'.`);
    return this.fail(message.join(" "), at);
  }

  private set(at: number): Stmt {
    this.next();
    const target = this.target({ withNamespace: true });
    if (this.skipIf("assign")) return { kind: "set", target, value: this.tuple(), at };
    const filter = this.filterChain(false);
    return { kind: "setblock", target, filter, body: this.block("name:endset"), at };
  }

  private for(at: number): For {
    this.next();
    const target = this.target({ ends: "name:in" });
    this.expect("name:in");
    const iter = this.tuple({ withCondition: false, ends: "name:recursive" });
    const test = this.skipIf("name:if") ? this.expression() : undefined;
    const recursive = this.skipIf("name:recursive");
    const body = this.statements("name:endfor", "name:else");
    const otherwise = this.next().value === "endfor" ? [] : this.block("name:endfor");
    return { kind: "for", target, iter, test, recursive, body, otherwise, at };
  }

  private if(at: number): If {
    this.next();
    const result: If = {
      kind: "if",
      test: this.tuple({ withCondition: false }),
      body: [],
      elifs: [],
      otherwise: [],
      at,
    };
    let node = result;
    for (;;) {
      node.body = this.statements("name:elif", "name:else", "name:endif");
      const { value, position } = this.next();
      if (value === "elif") {
        node = {
          kind: "if",
          test: this.tuple({ withCondition: false }),
          body: [],
          elifs: [],
          otherwise: [],
          at: position,
        };
        result.elifs.push(node);
        continue;
      }
      if (value === "else") result.otherwise = this.block("name:endif");
      return result;
    }
  }

  private macro(at: number): Macro {
    this.next();
    const name = this.prefix + this.expect("name").value;
    const signature = this.signature();
    return { kind: "macro", name, signature, body: this.block("name:endmacro"), at };
  }

  private signature(): Signature {
    const found: Signature = { params: [], defaults: [] };
    this.expect("lparen");
    while (this.current.type !== "rparen") {
      if (found.params.length > 0) this.expect("comma");
      const token = this.expect("name");
      const type = this.skipIf("colon") ? this.typeNote() : undefined;
      if (this.skipIf("assign")) found.defaults.push(this.expression());
      else if (found.defaults.length > 0) this.fail("non-default argument follows default argument");
      if (found.params.some((p) => p.name === token.value)) {
        this.fail(`duplicate argument '${token.value}' in function definition`, token.position);
      }
      found.params.push({ name: token.value, type, at: token.position });
    }
    this.expect("rparen");
    return found;
  }
  private typeNote(): TypeNote {
    const note: TypeNote = { name: this.expect("name").value, params: [] };
    if (this.skipIf("lbracket")) {
      while (this.current.type !== "rbracket") {
        if (note.params.length > 0) this.expect("comma");
        note.params.push(this.typeNote());
      }
      this.expect("rbracket");
    }
    return note;
  }

  private callBlock(at: number): CallBlock {
    this.next();
    const signature = this.current.type === "lparen" ? this.signature() : { params: [], defaults: [] };
    const call = this.expression();
    if (call.kind !== "call") return this.fail("expected call", at);
    return { kind: "callblock", signature, call, body: this.block("name:endcall"), at };
  }

  private with(at: number): Stmt {
    this.next();
    const targets: Target[] = [];
    const values = [];
    while (this.current.type !== "block_end") {
      if (targets.length > 0) this.expect("comma");
      targets.push(this.target());
      this.expect("assign");
      values.push(this.expression());
    }
    return { kind: "with", targets, values, body: this.block("name:endwith"), at };
  }

  private namedBlock(at: number): Block {
    this.next();
    const name = this.expect("name").value;
    const scoped = this.skipIf("name:scoped");
    const required = this.skipIf("name:required");
    if (this.current.type === "sub") {
      this.fail(
        "Block names in Jinja have to be valid Python identifiers and may not contain hyphens, use an underscore instead.",
      );
    }
    const body = this.block("name:endblock");
    const blank = (stmt: Stmt) =>
      stmt.kind === "output" && stmt.parts.every((p) => typeof p === "string" && spaceOnly.test(p));
    if (required && !body.every(blank)) this.fail("Required blocks can only contain comments or whitespace");
    this.skipIf(`name:${name}`);
    return { kind: "block", name, scoped, required, body, at };
  }

  private print(at: number): Output {
    this.next();
    const parts: Output["parts"] = [];
    while (this.current.type !== "block_end") {
      if (parts.length > 0) this.expect("comma");
      parts.push(this.expression());
    }
    return { kind: "output", parts, at };
  }

  private load(what: "include" | "import" | "from" | "extends", at: number): Stmt {
    this.next();
    const template = this.expression();
    const names: string[] = [];
    let ignoreMissing = false;
    const context = () => {
      if ((this.test("name:with") || this.test("name:without")) && this.test("name:context", this.look())) {
        this.next();
        this.next();
        return true;
      }
      return false;
    };
    if (what === "include") {
      if (this.test("name:ignore") && this.test("name:missing", this.look())) {
        this.next();
        this.next();
        ignoreMissing = true;
      }
      context();
    } else if (what === "import") {
      this.expect("name:as");
      names.push(this.expect("name").value);
      context();
    } else if (what === "from") {
      this.expect("name:import");
      for (;;) {
        if (names.length > 0) this.expect("comma");
        if (context()) break;
        const { value, position } = this.expect("name");
        if (value.startsWith("_")) {
          this.fail("names starting with an underline can not be imported", position, "TemplateAssertionError");
        }
        names.push(this.skipIf("name:as") ? this.expect("name").value : value);
        if (context() || this.current.type !== "comma") break;
      }
    }
    return { kind: "load", what, template, names, ignoreMissing, at };
  }

  private materialization(at: number): Macro {
    this.next();
    const name = this.expect("name").value;
    let adapter = "default";
    let languages: Macro["languages"];
    while (this.skipIf("comma")) {
      const option = this.expect("name");
      if (option.value === "default") continue;
      if (option.value !== "adapter" && option.value !== "supported_languages") {
        const error = pyError(
          "TemplateSyntaxError",
          `materialization '${name}' received unknown argument '${option.value}'.`,
          "Use `default`, `adapter='...'` or `supported_languages=[...]`.",
        );
        (error as { place: unknown }).place = this.source.place(option.position);
        throw error;
      }
      this.expect("assign");
      const value = this.expression();
      if (option.value === "supported_languages") languages = value;
      else if (value.kind === "const") adapter = String(value.value);
      else this.fail("the adapter of a materialization must be a literal", value.at);
    }
    languages ??= { kind: "list", items: [{ kind: "const", value: "sql", at }], at };
    const signature: Signature = {
      params: [{ name: "supported_languages", type: undefined, at }],
      defaults: [languages],
    };
    const full = `${this.prefix}materialization_${name}_${adapter}`;
    return { kind: "macro", name: full, signature, body: this.block("name:endmaterialization"), languages, at };
  }
}
