import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { describe, expect, it } from "vitest";

const src = import.meta.dirname;

/** Rooms by level: a room imports lower levels only, and rooms of one level do not know each other. */
const levels: Record<string, number> = {
  client: 0,
  errors: 0,
  sqlite: 0,
  duck: 1,
  registry: 1,
  jinja: 1,
  ledger: 1,
  engine: 2,
  expect: 2,
  ingest: 3,
  quality: 3,
  publish: 4,
  steps: 4,
  pipeline: 5,
  orchestrate: 6,
  server: 7,
  cli: 8,
};

interface Import {
  from: string;
  specifier: string;
  /** Absolute path inside src, undefined for packages. */
  target: string | undefined;
  line: number;
}

const isTest = (file: string) => /\.test\.ts$|[/\\](testing|fixtures)[/\\]/.test(file);

const files = readdirSync(src, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts") && !name.endsWith(".d.ts"))
  .map((name) => join(src, name))
  .sort();
const texts = new Map(files.map((file) => [file, withoutComments(readFileSync(file, "utf8"))]));
const product = files.filter((file) => !isTest(file));

/** Comments blanked out with their line breaks kept; strings, templates and regular expressions are left alone. */
function withoutComments(text: string): string {
  const token = /("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\[^])*`)|\/\*[^]*?\*\/|(?<![:\\/])\/\/[^\n]*/g;
  return text.replace(token, (match: string, literal: string | undefined) =>
    literal === undefined ? match.replace(/[^\n]/g, " ") : match,
  );
}

/** Texts blanked out, for rules about code only. */
function withoutStrings(text: string): string {
  const literal = /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\[^])*`/g;
  return text.replace(literal, (match) => match.replace(/[^\n]/g, " "));
}

const room = (file: string): string | undefined => {
  const parts = relative(src, file).split(sep);
  return parts.length > 1 && parts[0] !== ".." ? parts[0] : undefined;
};

/** Static, type-only, re-exported and dynamic imports alike. */
function importsOf(file: string): Import[] {
  const text = texts.get(file) ?? "";
  const pattern =
    /(?:^|[\n;}])[ \t]*(?:import|export)\b(?:[\w\s{},*$]*?\bfrom)?\s*"([^"\n]+)"|\bimport\(\s*"([^"\n]+)"/g;
  return [...text.matchAll(pattern)].map((match) => {
    const specifier = match[1] ?? match[2] ?? "";
    const target = specifier.startsWith("#")
      ? join(src, specifier.slice(1))
      : specifier.startsWith(".")
        ? resolve(dirname(file), specifier)
        : undefined;
    const line = text.slice(0, (match.index ?? 0) + match[0].length).split("\n").length;
    return { from: file, specifier, target, line };
  });
}

const imports = new Map(files.map((file) => [file, importsOf(file)]));
const at = ({ from, line, specifier }: Import) => `${relative(src, from)}:${line} imports ${specifier}`;
const productImports = product.flatMap((file) => imports.get(file) ?? []);

/** Every room is the same kind of thing to a rule: what breaks it, and why it stands. */
function rule(name: string, reason: string, broken: () => string[]) {
  it(name, () => {
    expect(broken(), `${name}. Reason: ${reason}`).toEqual([]);
  });
}

describe("the house", () => {
  rule(
    "every folder under src is a room with a level",
    "a folder without a level could be imported by anyone; give it one in ARCHITECTURE.md and here.",
    () =>
      readdirSync(src, { withFileTypes: true })
        .filter((entry) => entry.isDirectory() && !(entry.name in levels))
        .map((entry) => entry.name),
  );

  rule(
    "a room imports only rooms of a lower level",
    "data flows one way; a room that knows its users cannot be read, tested or replaced alone.",
    () =>
      productImports
        .filter(({ from, target }) => {
          const [own, other] = [room(from), target && room(target)];
          return (
            own !== undefined && other !== undefined && own !== other && (levels[own] ?? 0) <= (levels[other] ?? 0)
          );
        })
        .map(at),
  );

  rule(
    "another room is entered through its door only",
    "what is behind index.ts may change any day; a path around it freezes it.",
    () =>
      productImports
        .filter(({ from, specifier, target }) => {
          const other = target && room(target);
          if (other === undefined || other === room(from)) return false;
          return room(from) === undefined ? !/\/(index|main)\.ts$/.test(specifier) : specifier !== `#${other}/index.ts`;
        })
        .map(at),
  );

  rule(
    "inside a room imports are relative",
    "an import through the room's own door makes a cycle of the whole room.",
    () =>
      [...imports.values()]
        .flat()
        .filter(({ from, specifier }) => specifier.startsWith("#") && specifier.split("/")[0] === `#${room(from)}`)
        .map(at),
  );

  rule(
    "there is no import cycle, type-only imports included",
    "modules in a cycle can only be understood together, and their order of loading is an accident.",
    () => cycles(),
  );

  rule(
    "every import leads to a file",
    "Node runs the sources as they are and finds a wrong path only when it gets there.",
    () =>
      [...imports.values()]
        .flat()
        .filter(({ target, specifier }) => target !== undefined && !specifier.endsWith(".json") && !existsSync(target))
        .map(at),
  );

  rule("relative imports name the .ts file", "Node resolves no extensions.", () =>
    productImports.filter(({ target, specifier }) => target !== undefined && !/\.(ts|json)$/.test(specifier)).map(at),
  );
});

describe("who may touch what", () => {
  const only = (test: RegExp, allowed: (file: string) => boolean) => () =>
    productImports.filter(({ from, specifier }) => test.test(specifier) && !allowed(relative(src, from))).map(at);
  const inRooms = (...names: string[]) => {
    const prefixes = names.map((name) => name.split("/").join(sep) + sep);
    // The build and the start handle the program itself, not data.
    const program = ["build.ts", join("cli", "load-program.ts")];
    return (file: string) => program.includes(file) || prefixes.some((prefix) => file.startsWith(prefix));
  };

  rule(
    "only duck, registry, ingest, publish, steps, ledger, sqlite and the engine's read phase, artifacts, built-in macros and Python models use the file system",
    "everything between them takes and returns plain data, so it is tested without files and is safe beside an open database.",
    only(
      /^(node:)?fs(\/|$)/,
      inRooms(
        "duck",
        "registry",
        "ingest",
        "publish",
        "steps",
        "ledger",
        "sqlite",
        "engine/1-read",
        "engine/7-artifacts",
        "engine/builtins",
        "engine/python",
      ),
    ),
  );

  rule(
    "only duck imports DuckDB",
    "a file opened twice in one process loses writes silently; one room opens files and knows which are open.",
    only(/^@duckdb\//, inRooms("duck")),
  );

  rule(
    "only the server speaks HTTP, and ingest fetches",
    "a listening socket or a call home belongs to a place that people know to look at.",
    only(/^(node:)?(http|https|http2|net|tls|dgram)$|^fastify/, inRooms("server", "ingest", "orchestrate")),
  );

  rule(
    "SQLite is for the ledger and for locks",
    "state that is kept in two places disagrees.",
    only(/^(better-sqlite3|node:sqlite|#sqlite\/index\.ts)$/, inRooms("sqlite", "ledger", "registry")),
  );

  rule(
    "only cli writes to the console",
    "a library that prints cannot be used by the server, by tests or with `-o json`; rooms return data or events.",
    () =>
      product
        .filter((file) => room(file) !== "cli" && relative(src, file) !== "build.ts")
        .flatMap((file) =>
          withoutStrings(texts.get(file) ?? "")
            .split("\n")
            .flatMap((line, i) =>
              /\bconsole\.\w+\(|\bprocess\.(stdout|stderr)\b/.test(line) ? [`${relative(src, file)}:${i + 1}`] : [],
            ),
        ),
  );

  rule("no folder is called utils or common", "a name that fits everything collects everything.", () => [
    ...new Set(
      files
        .map((file) => relative(src, dirname(file)))
        .filter((name) => /(^|[/\\])(utils?|common|helpers?|misc)($|[/\\])/.test(name)),
    ),
  ]);

  rule(
    "only types that can be erased",
    "Node runs the sources directly: enums, namespaces and parameter properties are code that it cannot erase.",
    () =>
      product
        .filter((file) => /^\s*(export\s+)?(const\s+)?(enum|namespace)\s+\w+\s*\{/m.test(texts.get(file) ?? ""))
        .map((file) => relative(src, file)),
  );
});

/** Each cycle once, as `a.ts → b.ts → a.ts`. Dynamic imports count: a lazy door is still a door. */
function cycles(): string[] {
  const state = new Map<string, "open" | "done">();
  const found: string[] = [];
  const path: string[] = [];
  const visit = (file: string) => {
    if (state.get(file) === "done") return;
    if (state.get(file) === "open") {
      const loop = [...path.slice(path.indexOf(file)), file];
      found.push(loop.map((part) => relative(src, part)).join(" → "));
      return;
    }
    state.set(file, "open");
    path.push(file);
    for (const { target } of imports.get(file) ?? []) if (target !== undefined && texts.has(target)) visit(target);
    path.pop();
    state.set(file, "done");
  };
  for (const file of product) visit(file);
  return found;
}
