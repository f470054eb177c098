import { bindArguments } from "./arguments.ts";
import { pairsOf } from "./methods/collections.ts";
import { PyDict } from "./dict.ts";
import { pyError, typeError } from "./errors.ts";
import { PyFunction, PyType } from "./function.ts";
import { indexNumber } from "./numbers.ts";
import { iterate, overflow, typeName } from "./operations.ts";
import { PyRange } from "./sequences.ts";
import { PyObject, type Kwargs, type MaybePromise, type Value } from "./value.ts";

/** `namespace()`: an object whose attributes templates may set. */
export class Namespace extends PyObject {
  readonly pyType = "Namespace";
  private readonly attrs = new PyDict();
  override getAttr(name: string): Value | undefined {
    return this.attrs.get(name);
  }
  override getItem(key: Value): Value | undefined {
    return this.attrs.get(key);
  }
  set(name: Value, value: Value): void {
    this.attrs.set(name, value);
  }
  override repr(): string {
    return `<Namespace ${this.attrs.repr()}>`;
  }
}

const maxRange = 100_000;

function range(args: Value[], kwargs: Kwargs): Value {
  if (kwargs.size > 0) throw typeError("range() takes no keyword arguments");
  if (args.length === 0) throw typeError("range expected at least 1 argument, got 0");
  if (args.length > 3) throw typeError(`range expected at most 3 arguments, got ${args.length}`);
  const numbers = args.map((arg) => {
    const n = indexNumber(arg);
    if (n === undefined) throw typeError(`'${typeName(arg)}' object cannot be interpreted as an integer`);
    return n;
  });
  const [a = 0, b, step = 1] = numbers;
  if (step === 0) throw pyError("ValueError", "range() arg 3 must not be zero");
  const result = b === undefined ? new PyRange(0, a, 1) : new PyRange(a, b, step);
  if (result.size > maxRange) {
    throw overflow(`Range too big. The sandbox blocks ranges larger than MAX_RANGE (${maxRange}).`);
  }
  return result;
}

/** `dict(...)` */
export function makeDict(args: Value[], kwargs: Kwargs): PyDict {
  if (args.length > 1) throw typeError(`dict expected at most 1 argument, got ${args.length}`);
  const dict = new PyDict(args[0] === undefined ? undefined : pairsOf(args[0]));
  for (const [key, value] of kwargs) dict.set(key, value);
  return dict;
}

class Cycler extends PyObject {
  readonly pyType = "Cycler";
  private readonly items: Value[];
  private position = 0;
  constructor(items: Value[]) {
    super();
    if (items.length === 0) throw pyError("TemplateRuntimeError", "at least one item has to be provided");
    this.items = items;
  }
  override getAttr(name: string): Value | undefined {
    if (name === "current") return this.items[this.position];
    if (name === "pos") return this.position;
    if (name === "items") return this.items;
    if (name === "reset") {
      return new PyFunction("reset", () => {
        this.position = 0;
        return null;
      });
    }
    if (name !== "next") return undefined;
    return new PyFunction("next", () => {
      const item = this.items[this.position] as Value;
      this.position = (this.position + 1) % this.items.length;
      return item;
    });
  }
}

class Joiner extends PyObject {
  readonly pyType = "Joiner";
  private readonly separator: Value;
  private used = false;
  constructor(separator: Value) {
    super();
    this.separator = separator;
  }
  override getAttr(name: string): Value | undefined {
    return name === "sep" ? this.separator : name === "used" ? this.used : undefined;
  }
  override get callable(): boolean {
    return true;
  }
  override call(_args: Value[], _kwargs: Kwargs): MaybePromise<Value> {
    if (this.used) return this.separator;
    this.used = true;
    return "";
  }
}

const words = "lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor incididunt ut labore".split(
  " ",
);

/** `lipsum()`: filler text. */
function lipsum(args: Value[], kwargs: Kwargs): Value {
  const [n = 5, html = true, min = 20, max = 100] = bindArguments(
    "generate_lorem_ipsum",
    ["n?", "html?", "min?", "max?"],
    args,
    kwargs,
  );
  const size = () => Number(min) + Math.floor(Math.random() * Math.max(1, Number(max) - Number(min)));
  const paragraph = (): string => {
    const text = Array.from({ length: size() }, () => words[Math.floor(Math.random() * words.length)]).join(" ");
    return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
  };
  const paragraphs = Array.from({ length: Number(n) }, paragraph);
  return html ? paragraphs.map((p) => `<p>${p}</p>`).join("\n") : paragraphs.join("\n\n");
}

const fromKeys = new PyFunction("fromkeys", (args) => {
  const dict = new PyDict();
  for (const key of iterate(args[0] ?? null)) dict.set(key, args[1] ?? null);
  return dict;
});

function namespace(args: Value[], kwargs: Kwargs): Value {
  const made = new Namespace();
  for (const [key, value] of makeDict(args, kwargs).entries()) made.set(key, value);
  return made;
}

/** What every template knows, unless the scope says otherwise. */
export const globals: ReadonlyMap<string, Value> = new Map<string, Value>([
  ["range", new PyFunction("range", range)],
  ["dict", new PyType("dict", makeDict, new Map([["fromkeys", fromKeys]]))],
  ["lipsum", new PyFunction("generate_lorem_ipsum", lipsum)],
  ["cycler", new PyType("jinja2.utils.Cycler", (args) => new Cycler(args))],
  [
    "joiner",
    new PyType(
      "jinja2.utils.Joiner",
      (args, kwargs) => new Joiner(bindArguments("Joiner", ["sep?"], args, kwargs)[0] ?? ", "),
    ),
  ],
  ["namespace", new PyType("jinja2.utils.Namespace", namespace)],
]);
