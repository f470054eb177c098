/**
 * Builds `dist/`: the command, the library entries, their types, the built-in macros, the browser's pages and the example labs.
 * `node src/build.ts`; does nothing when no input has changed since the last build (`--force` builds anyway).
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { BuildOptions, Metafile, Plugin } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const dist = join(root, "dist");
// Inside dist: ignored by git, and on the same file system.
const staging = join(dist, `.next-${process.pid}`);
const stamp = ".inputs";

/** Native code cannot be bundled; users install these packages as dependencies. */
const external = ["better-sqlite3"];

/**
 * DuckDB's own loader asks Node for a diagnostic report to learn which C library there is, and its binding is a hundred
 * small modules: together they took longer than opening the database. The binding is bundled, and its native part is
 * found from where npm put it.
 */
const nativeDuck = `
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
const musl = () => {
  try {
    return /ld-musl/.test(readFileSync("/proc/self/maps", "latin1"));
  } catch {
    return false;
  }
};
const own = createRequire(import.meta.url);
const bindings = createRequire(createRequire(own.resolve("@duckdb/node-api")).resolve("@duckdb/node-bindings"));
const suffix = process.platform === "linux" && musl() ? "-musl" : "";
let native;
try {
  native = bindings("@duckdb/node-bindings-" + process.platform + "-" + process.arch + suffix + "/duckdb.node");
} catch {
  native = bindings("./duckdb.js");
}
export default native;
`;

const nativePlugin: Plugin = {
  name: "native-duckdb",
  setup(build) {
    build.onResolve({ filter: /^@duckdb\/node-bindings$/ }, () => ({ path: "native-duckdb", namespace: "native" }));
    build.onLoad({ filter: /.*/, namespace: "native" }, () => ({ contents: nativeDuck, loader: "js" }));
  },
};
/** The library; its entries share chunks. */
const entries = {
  index: "src/index.ts",
  engine: "src/engine/index.ts",
  "step-runner": "src/ingest/steps/step-runner.ts",
};
/** The command: a small start, and the program as one script that it loads with V8's compiled code. */
const start = "src/cli/start.ts";
const program = "src/cli/program.ts";
/** Runs in browsers, too: a file of its own that needs no other. */
const client = "src/client/index.ts";
const entryFiles = Object.fromEntries(["labs", "client", ...Object.keys(entries)].map((name) => [`${name}.js`, true]));
const typeEntries = ["index.d.ts", "engine/index.d.ts", "client/index.d.ts"];

function* filesUnder(folder: string, skip: RegExp): Generator<string> {
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (skip.test(entry.name)) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesUnder(path, skip);
    else yield path;
  }
}

/** Data, state and git's own files of an example are no part of it; npm would obey the latter. */
const notExample = /^(data|\.labs|target|logs|dbt_packages|\.gitignore|.*\.duckdb(\.wal)?)$/;

/** Content decides: a checkout changes times, not inputs. */
function inputsHash(): string {
  const files = [
    ...["package.json", "package-lock.json", "tsconfig.json", "tsconfig.types.json"].map((name) => join(root, name)),
    ...filesUnder(join(root, "src"), /\.test\.ts$/),
    ...filesUnder(join(root, "examples", "cpg"), notExample),
    ...filesUnder(join(root, "web"), /\.test\.ts$/),
  ].sort();
  const hash = createHash("sha256");
  for (const file of files) hash.update(relative(root, file)).update("\0").update(readFileSync(file)).update("\0");
  return hash.digest("hex");
}

/** What all bundles have in common. */
const common = {
  absWorkingDir: root,
  bundle: true,
  platform: "node",
  target: "node22.12",
  external,
  plugins: [nativePlugin],
  // The package's Node build is CommonJS, which neither shakes nor splits.
  alias: { yaml: "./node_modules/yaml/browser/index.js" },
  metafile: true,
  logLevel: "warning",
} satisfies BuildOptions;

/** Bundles library and command; gives what went into each. */
async function bundle(): Promise<Metafile[]> {
  const { build } = await import("esbuild");
  const library = await build({
    ...common,
    entryPoints: Object.fromEntries(Object.entries(entries).filter(([, file]) => existsSync(join(root, file)))),
    outdir: staging,
    splitting: true,
    format: "esm",
    // Flat, so that a file beside the bundle is beside every chunk of it.
    chunkNames: "[name]-[hash]",
    // The bundled binding is CommonJS and asks for Node's own modules.
    banner: {
      js: `import { createRequire as __moduleRequire } from "node:module"; const require = __moduleRequire(import.meta.url);`,
    },
  });
  const browser = await build({
    absWorkingDir: root,
    entryPoints: { client },
    outdir: staging,
    bundle: true,
    platform: "neutral",
    format: "esm",
    target: "es2022",
    metafile: true,
    logLevel: "warning",
  });
  const libraries = await librariesApart();
  // Modules of the one script run when they are first asked for, as the chunks of the library do.
  const command = await build({
    ...common,
    plugins: [...common.plugins, libraries.plugin],
    entryPoints: { program },
    outdir: staging,
    entryNames: "[name]-[hash]",
    outExtension: { ".js": ".cjs" },
    format: "cjs",
    // In a script Node calls import() experimental, aloud.
    supported: { "dynamic-import": false },
    define: { "import.meta.url": "__url", "import.meta.dirname": "__folder" },
    banner: { js: "(function (exports, require, module, __url, __folder) {" },
    footer: { js: "})" },
  });
  const [file = ""] = Object.keys(command.metafile.outputs);
  // esbuild escapes strings; what is left stands in comments and regular expressions. ASCII is read without decoding.
  const escaped = (char: string) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
  const text = readFileSync(join(root, file), "utf8");
  writeFileSync(join(root, file), text.replace(/[^\0-\x7f]/g, escaped));
  await build({
    ...common,
    entryPoints: { labs: start },
    outdir: staging,
    format: "esm",
    define: { PROGRAM_FILE: JSON.stringify(basename(file)) },
  });
  return [library.metafile, browser.metafile, command.metafile, ...libraries.metafiles];
}

/** Libraries that few commands need: each is a file of its own, because every other start would read it for nothing. */
const apart = ["fastify", "zod", "nodemailer", "pg", "chokidar", "read-excel-file/node"];

async function librariesApart(): Promise<{ metafiles: Metafile[]; plugin: Plugin }> {
  const { build } = await import("esbuild");
  const metafiles: Metafile[] = [];
  const fileOf = new Map<string, string>();
  for (const library of apart) {
    const name = library.replaceAll("/", "-");
    const { metafile } = await build({
      ...common,
      stdin: { contents: `module.exports = require(${JSON.stringify(library)});`, resolveDir: root, sourcefile: name },
      outdir: staging,
      entryNames: `${name}-[hash]`,
      outExtension: { ".js": ".cjs" },
      format: "cjs",
      minifyWhitespace: true,
    });
    metafiles.push(metafile);
    fileOf.set(library, basename(Object.keys(metafile.outputs)[0] ?? ""));
  }
  const plugin: Plugin = {
    name: "libraries-apart",
    setup(own) {
      const filter = new RegExp(`^(?:${apart.join("|")})$`);
      own.onResolve({ filter }, ({ path }) => ({ path: `./${fileOf.get(path)}`, external: true }));
    },
  };
  return { metafiles, plugin };
}

/** The browser's pages: one script for the frame, one a page, one style sheet, each with its content in its name. */
async function pages(): Promise<Metafile> {
  const { build } = await import("esbuild");
  const folder = join(staging, "web");
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: { app: "web/main.tsx", style: "web/style.css" },
    outdir: folder,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "browser",
    // Where light-dark() of the style sheet works.
    target: ["chrome123", "firefox120", "safari17.5"],
    jsx: "automatic",
    jsxImportSource: "preact",
    minify: true,
    entryNames: "[name]-[hash]",
    chunkNames: "[name]-[hash]",
    metafile: true,
    logLevel: "warning",
  });
  const names = Object.keys(metafile.outputs).map((path) => basename(path));
  const named = (pattern: RegExp) => names.find((name) => pattern.test(name)) ?? "";
  const html = readFileSync(join(root, "web", "index.html"), "utf8")
    .replace("SCRIPT", named(/^app-.*\.js$/))
    .replace("STYLE", named(/^style-.*\.css$/));
  writeFileSync(join(folder, "index.html"), html);
  cpSync(join(root, "web", "icon.svg"), join(folder, "icon.svg"));
  return metafile;
}

/** The licences of everything that was bundled, as they ask for. */
function licences(metafiles: Metafile[]): string {
  const packages = new Set<string>();
  for (const input of metafiles.flatMap(({ inputs }) => Object.keys(inputs))) {
    const name = /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1];
    if (name) packages.add(name);
  }
  return [...packages]
    .sort()
    .map((name) => {
      const folder = join(root, "node_modules", name);
      const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
      const text = file ? readFileSync(join(folder, file), "utf8").trim() : "See the package's manifest.";
      return `${name}\n${"-".repeat(name.length)}\n${text}\n`;
    })
    .join("\n");
}

/** Declarations of what the entries reach, with specifiers that resolve outside this repository. */
function types(): void {
  const folder = join(staging, "types");
  const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
  execFileSync(process.execPath, [compiler, "-p", join(root, "tsconfig.types.json"), "--outDir", folder], {
    stdio: "inherit",
  });
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { dependencies: object };
  const reached = new Set<string>();
  const visit = (file: string) => {
    if (reached.has(file) || !existsSync(file)) return;
    reached.add(file);
    const text = readFileSync(file, "utf8").replace(/(\bfrom |\bimport\(|\bimport )"([^"]+)"/g, (_, before, name) => {
      const target = (name as string).startsWith("#")
        ? join(folder, (name as string).slice(1))
        : (name as string).startsWith(".")
          ? resolve(dirname(file), name as string)
          : undefined;
      if (target === undefined) {
        const owner = /^(@[^/]+\/)?[^/]+/.exec(name as string)?.[0] ?? "";
        if (!(name as string).startsWith("node:") && !Object.hasOwn(manifest.dependencies, owner)) {
          throw new Error(`${relative(folder, file)} shows a type of ${name}, which users do not have.`);
        }
        return `${before}"${name}"`;
      }
      visit(target.replace(/\.ts$/, ".d.ts"));
      const path = relative(dirname(file), target).replace(/\.ts$/, ".js");
      return `${before}"${path.startsWith(".") ? path : `./${path}`}"`;
    });
    writeFileSync(file, text);
  };
  for (const entry of typeEntries) visit(join(folder, entry));
  const unreached = Array.from(filesUnder(folder, /^$/)).filter((file) => !reached.has(file));
  for (const file of unreached) rmSync(file);
}

async function macros(): Promise<void> {
  const file = join(root, "src", "engine", "builtins", "pack.ts");
  const { packBuiltins } = (await import(pathToFileURL(file).href)) as { packBuiltins: () => unknown };
  writeFileSync(join(staging, "builtins.json"), JSON.stringify(packBuiltins()));
}

/** Chunks have their content in their names: new ones come first, the entries that name them next, old ones go last. */
function install(): void {
  const fresh = readdirSync(staging);
  const order = (name: string) => (name === stamp ? 2 : name in entryFiles ? 1 : 0);
  for (const name of fresh.sort((a, b) => order(a) - order(b))) {
    if (statSync(join(staging, name)).isDirectory()) rmSync(join(dist, name), { recursive: true, force: true });
    renameSync(join(staging, name), join(dist, name));
  }
  for (const name of readdirSync(dist)) {
    if (!fresh.includes(name) && !name.startsWith(".next-")) rmSync(join(dist, name), { recursive: true });
  }
}

async function main(): Promise<void> {
  const hash = inputsHash();
  const stampFile = join(dist, stamp);
  const current = existsSync(stampFile) && readFileSync(stampFile, "utf8") === hash;
  if (current && !process.argv.includes("--force")) return;
  mkdirSync(staging, { recursive: true });
  try {
    const metafiles = [...(await bundle()), await pages()];
    chmodSync(join(staging, "labs.js"), 0o755);
    writeFileSync(join(staging, "THIRD_PARTY_LICENSES.txt"), licences(metafiles));
    if (typeEntries.some((entry) => existsSync(join(root, "src", entry.replace(/\.d\.ts$/, ".ts"))))) types();
    await macros();
    const example = join(root, "examples", "cpg");
    if (existsSync(example)) {
      const filter = (path: string) => path === example || !notExample.test(basename(path));
      cpSync(example, join(staging, "examples", "cpg"), { recursive: true, filter });
    }
    writeFileSync(join(staging, stamp), hash);
    install();
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

try {
  await main();
} catch (error) {
  // esbuild and the compiler have said what is wrong already.
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
