/**
 * `node conformance/jinja/fuzz.ts [--count 2000] [--seed 1] [--show 20]`: random templates, rendered here and by
 * real Jinja (oracle.py), must give the same text or the same error. The judge's Python: JUDGE_PYTHON or --python.
 */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import {
  decimalType,
  fromPlain,
  makeReturn,
  modules,
  parseTemplate,
  pythonType,
  repr,
  type Scope,
  type Value,
} from "../../src/jinja/index.ts";
import { judgePython } from "../oracle/judge.ts";
import { context, Generator, Random } from "./generate.ts";

const { values } = parseArgs({
  options: {
    count: { type: "string", default: "2000" },
    seed: { type: "string", default: "1" },
    show: { type: "string", default: "20" },
    python: { type: "string" },
    only: { type: "string" },
    file: { type: "string" },
  },
});

interface Answer {
  ok: boolean;
  text?: string;
  type?: string;
  message?: string;
}

type Mode = "text" | "native" | "chaining";

async function here(template: string, mode: Mode): Promise<Answer> {
  const names = new Map<string, Value>(Object.entries(context).map(([k, v]) => [k, fromPlain(v)]));
  names.set("modules", modules).set("Decimal", decimalType).set("return", makeReturn());
  const scope: Scope = { get: (name) => names.get(name) };
  try {
    const parsed = parseTemplate(template, { file: "fuzz" });
    if (mode === "native") return { ok: true, text: repr(await parsed.renderNative(scope)) };
    return { ok: true, text: await parsed.render(scope, { undefined: mode === "chaining" ? "chaining" : "strict" }) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return {
      ok: false,
      type: pythonType(error) ?? "INTERNAL",
      message: pythonType(error) ? message : String((error as Error).stack),
    };
  }
}

const address = (text: string | undefined): string =>
  (text ?? "").replace(/0x[0-9a-f]{6,}/gi, "0x0").replace(/sequence item \d+/, "sequence item");
const alike: Record<string, string> = {
  FilterArgumentError: "TemplateRuntimeError",
  UnicodeEncodeError: "ValueError",
  DivisionByZero: "ZeroDivisionError",
  JSONDecodeError: "ValueError",
  error: "ValueError",
  UnknownTimeZoneError: "KeyError",
};

function same(a: Answer, b: Answer): boolean {
  if (b.type === "TimeoutError" || b.type === "MemoryError") return true;
  if (a.ok !== b.ok) return false;
  if (a.ok) return address(a.text) === address(b.text);
  const type = alike[b.type ?? ""] ?? b.type;
  return a.type === type && address(a.message?.split("\n")[0]) === address(b.message?.split("\n")[0]);
}

const oracle = spawn(values.python ?? judgePython(), [new URL("oracle.py", import.meta.url).pathname], {
  stdio: ["pipe", "pipe", "inherit"],
});
const lines = createInterface({ input: oracle.stdout })[Symbol.asyncIterator]();

const seed = Number(values.seed);
const count = Number(values.count);
const show = Number(values.show);
let templates: { template: string; mode: Mode }[] = [];
if (values.file) {
  const { readFileSync } = await import("node:fs");
  templates = (JSON.parse(readFileSync(values.file, "utf8")) as string[]).map((template) => ({
    template,
    mode: (values.only ?? "text") as Mode,
  }));
} else {
  for (let i = 0; i < count; i++) {
    const random = new Random(seed * 1_000_003 + i);
    const mode = (values.only ?? random.pick(["text", "text", "text", "native", "chaining"])) as Mode;
    const generator = new Generator(random);
    const template = mode === "native" || random.chance(0.5) ? generator.output() : generator.template();
    templates.push({ template, mode: mode === "text" || !/macro|call/.test(template) ? mode : "text" });
  }
}

let passed = 0;
let failed = 0;
const batch = 200;
for (let from = 0; from < templates.length; from += batch) {
  const part = templates.slice(from, from + batch);
  for (const item of part) oracle.stdin.write(`${JSON.stringify({ ...item, context })}\n`);
  for (const item of part) {
    const line = await lines.next();
    if (line.done) throw new Error("the oracle ended; is the right Python given?");
    const theirs = JSON.parse(line.value) as Answer;
    const ours = await here(item.template, item.mode);
    if (same(ours, theirs)) passed++;
    else if (++failed <= show) {
      console.log(`${item.mode}: ${JSON.stringify(item.template)}`);
      const text = (a: Answer) => (a.ok ? JSON.stringify(a.text) : `${a.type}: ${a.message}`);
      console.log(`  jinja ${text(theirs)}\n  here  ${text(ours)}`);
    }
  }
}
oracle.stdin.end();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
