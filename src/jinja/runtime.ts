import type { Place } from "#errors/index.ts";
import { isLabsError } from "#errors/index.ts";
import { fromHostError, isOverflow } from "./errors.ts";
import { str, typeName } from "./operations.ts";
import type { Source } from "./source.ts";
import { ChainableUndefined, Undefined, type Origin } from "./undefined.ts";
import { PyText, type Value } from "./value.ts";
import { typeError } from "./errors.ts";

/** Where names come from that a template does not set itself. */
export interface Scope {
  get(name: string): Value | undefined;
}

export type UndefinedMode = "strict" | "chaining";

/** What `return(x)` throws; a macro that was called through the host catches it. */
export class MacroReturn {
  readonly value: Value;
  constructor(value: Value) {
    this.value = value;
  }
}

/** One rendering of a template or one call of a macro: what is shared by all its frames. */
export class Run {
  readonly source: Source;
  readonly scope: Scope;
  readonly mode: UndefinedMode;
  readonly native: boolean;
  /** Where in the source it is, for errors. Set before everything that may raise. */
  at = 0;
  /** What the top level has set, for `{% block %}`. */
  exports: Map<string, Value> | undefined;

  constructor(source: Source, scope: Scope, mode: UndefinedMode, native: boolean) {
    this.source = source;
    this.scope = scope;
    this.mode = mode;
    this.native = native;
  }
  undefined(origin: Origin): Undefined {
    return this.mode === "chaining" ? new ChainableUndefined(origin) : new Undefined(origin);
  }
  /** The run of a macro or call block of the same text. */
  nested(): Run {
    const run = new Run(this.source, this.scope, this.mode, this.native);
    run.exports = this.exports;
    return run;
  }
}

/** Marks a variable whose value is still to be asked of the scope. */
export const unresolved = Symbol("unresolved");
export type Variable = Value | undefined | typeof unresolved;

/** The variables of one frame at run time. */
export class Env {
  readonly vars: Variable[];
  readonly parent: Env | undefined;
  readonly run: Run;
  constructor(size: number, parent: Env | undefined, run: Run) {
    this.vars = [];
    for (let i = 0; i < size; i++) this.vars.push(undefined);
    this.parent = parent;
    this.run = run;
  }
}

/** Where a template's output goes. */
export interface Out {
  write(text: string): void;
  value(value: Value): void;
  /** The result of a call or filter block, which Jinja does not convert: only text can be joined. */
  raw(value: Value): void;
}

const notText = (value: Value, position: number) =>
  typeError(`sequence item ${position}: expected str instance, ${typeName(value)} found`);

export class TextOut implements Out {
  private written = "";
  private error: Error | undefined;
  /** Everything written; an error about something that is no text comes only now, as in Jinja. */
  get text(): string {
    if (this.error) throw this.error;
    return this.written;
  }
  write(text: string): void {
    this.written += text;
  }
  value(value: Value): void {
    this.written += typeof value === "string" ? value : str(value);
  }
  raw(value: Value): void {
    if (typeof value === "string") this.written += value;
    else if (value instanceof PyText) this.written += value.text;
    else this.error ??= notText(value, 0);
  }
}

/** The output of native rendering: single values stay what they are. */
export class NativeOut implements Out {
  readonly parts: Value[] = [];
  write(text: string): void {
    this.parts.push(text);
  }
  value(value: Value): void {
    this.parts.push(value);
  }
  raw(value: Value): void {
    this.parts.push(value);
  }
  /** Inside of macros and set blocks, parts are joined without conversion. */
  joined(): string {
    return this.parts
      .map((part, i) => {
        if (typeof part === "string") return part;
        if (part instanceof PyText) return part.text;
        throw notText(part, i);
      })
      .join("");
  }
}

const located = new WeakSet<object>();
let deepest: Run | undefined;
/** Endless recursion would otherwise fill pages. */
const maxStack = 50;

/** Gives an error its place, or adds the caller to the place it already got further inside. */
export function locate(error: unknown, run: Run, top = false): unknown {
  if (error instanceof MacroReturn) return error;
  // With a full stack nothing can be worked out: the deepest place is kept until the top is reached.
  if (isOverflow(error)) {
    deepest ??= run;
    if (!top) return error;
    const full = locate(fromHostError(error), deepest);
    deepest = undefined;
    return locate(full, run);
  }
  const ours = fromHostError(error);
  if (!isLabsError(ours)) return ours;
  const place = run.source.place(run.at);
  const target = ours as { place: Place | undefined };
  if (target.place === undefined) {
    target.place = { ...place, stack: [] };
    located.add(ours);
  } else if (located.has(ours) || ours.code.startsWith("JIN-")) {
    const { file, line, column } = place;
    target.place.stack ??= [];
    if (target.place.stack.length < maxStack) {
      target.place.stack.push({ file, line: line as number, column: column as number });
    }
  }
  return ours;
}
