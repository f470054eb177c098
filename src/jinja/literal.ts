import { PyDict } from "./dict.ts";
import { unary } from "./arithmetic.ts";
import { tokenize, type Token } from "./lexer.ts";
import { PyFloat } from "./numbers.ts";
import { PyTuple } from "./sequences.ts";
import { PySet } from "./set.ts";
import { Source } from "./source.ts";
import type { Value } from "./value.ts";

/** Python's `ast.literal_eval`; undefined when the text is no literal. */
export function parseLiteral(text: string): { value: Value } | undefined {
  if (/[{%#]\}|\{[{%#]|\n/.test(text.trim())) return undefined;
  try {
    const tokens = tokenize(new Source(`{{ ${text.trim()} }}`, { file: "literal" })).slice(1, -2);
    const reader = new Reader(tokens);
    const value = reader.tuple();
    return reader.done ? { value } : undefined;
  } catch {
    return undefined;
  }
}

const names: Record<string, boolean | null> = { True: true, False: false, None: null };

class Reader {
  private readonly tokens: readonly Token[];
  private index = 0;
  constructor(tokens: readonly Token[]) {
    this.tokens = tokens;
  }
  get done(): boolean {
    return this.index === this.tokens.length;
  }
  private get type(): string | undefined {
    return this.tokens[this.index]?.type;
  }
  private skip(type: string): boolean {
    if (this.type !== type) return false;
    this.index++;
    return true;
  }
  private expect(type: string): void {
    if (!this.skip(type)) throw new Error("not a literal");
  }
  tuple(): Value {
    const first = this.value();
    if (this.type !== "comma") return first;
    return new PyTuple([first, ...this.rest(undefined)]);
  }
  /** More values after a comma, up to `end`. */
  private rest(end: string | undefined): Value[] {
    const items: Value[] = [];
    while (this.skip("comma")) {
      if (this.type === end || this.done) break;
      items.push(this.value());
    }
    return items;
  }
  private value(): Value {
    const token = this.tokens[this.index];
    if (!token) throw new Error("not a literal");
    this.index++;
    switch (token.type) {
      case "integer":
        if (/^0\d*[1-9]/.test(token.value)) throw new Error("not a literal");
        return token.number as number;
      case "float":
        return new PyFloat(token.number as number);
      case "string": {
        let text = token.value;
        while (this.type === "string") text += this.tokens[this.index++]?.value;
        return text;
      }
      case "name":
        if (!Object.hasOwn(names, token.value)) throw new Error("not a literal");
        return names[token.value] as boolean | null;
      case "sub":
      case "add": {
        const operand = this.value();
        if (typeof operand === "boolean") throw new Error("not a literal");
        return unary(token.type === "sub" ? "-" : "+", operand);
      }
      case "lparen": {
        if (this.skip("rparen")) return new PyTuple([]);
        const first = this.value();
        const isTuple = this.type === "comma";
        const more = this.rest("rparen");
        this.expect("rparen");
        return isTuple ? new PyTuple([first, ...more]) : first;
      }
      case "lbracket": {
        if (this.skip("rbracket")) return [];
        const items = [this.value(), ...this.rest("rbracket")];
        this.expect("rbracket");
        return items;
      }
      case "lbrace":
        return this.braces();
      default:
        throw new Error("not a literal");
    }
  }
  private braces(): Value {
    if (this.skip("rbrace")) return new PyDict();
    const first = this.value();
    if (!this.skip("colon")) {
      const set = new PySet([first, ...this.rest("rbrace")]);
      this.expect("rbrace");
      return set;
    }
    const dict = new PyDict([[first, this.value()]]);
    while (this.skip("comma")) {
      if (this.type === "rbrace") break;
      const key = this.value();
      this.expect("colon");
      dict.set(key, this.value());
    }
    this.expect("rbrace");
    return dict;
  }
}
