import { readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import module from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import v8 from "node:v8";
import vm from "node:vm";
import type { program } from "./program.ts";

/** Name of the script beside this file, with its content's hash; the build puts it here. */
declare const PROGRAM_FILE: string;

/** Command lines that run much the same code; each kind keeps the machine code of its own functions. */
const kinds = new Set(
  "help run test inspect status doctor list new init ingest dbt-build dbt-run dbt-test dbt-seed dbt-snapshot dbt-compile dbt-parse dbt-ls dbt-list dbt-show dbt-docs dbt-source --lab-worker --job-worker serve worker query publish".split(
    " ",
  ),
);

type Factory = (
  exports: object,
  require: NodeJS.Require,
  module: { exports: { program?: typeof program } },
  url: string,
  folder: string,
) => void;

/**
 * Loads the program and runs a command line. V8's compiled code is kept in Node's own compile cache folder (with
 * NODE_DISABLE_COMPILE_CACHE nowhere), after the first run: it then holds the functions that ran, which is what a start
 * consists of. Node's cache of modules holds only what runs while they load.
 */
export async function loadProgram(words: string[]): Promise<void> {
  module.enableCompileCache();
  const url = new URL(PROGRAM_FILE, import.meta.url);
  const filename = fileURLToPath(url);
  const cacheFile = cacheFileFor(words);
  const cachedData = cacheFile === undefined ? undefined : ownFile(cacheFile);
  // The build writes ASCII only, which needs no decoding.
  const script = new vm.Script(readFileSync(filename, "latin1"), {
    filename,
    ...(cachedData ? { cachedData } : {}),
  });
  if (cacheFile !== undefined && (!cachedData || script.cachedDataRejected)) {
    // A command that was refused has run little of the program.
    process.on("exit", (code) => {
      if (code <= 1) keep(cacheFile, script);
    });
  }
  if (brief.test(words[0] ?? "")) setThresholds("short");
  const target: Parameters<Factory>[2] = { exports: {} };
  (script.runInThisContext() as Factory)(
    target.exports,
    module.createRequire(url),
    target,
    url.href,
    dirname(filename),
  );
  await target.exports.program?.(words);
}

/** Commands that mostly wait for the database. */
const brief = /^(?:run|test|inspect|--lab-worker)$/;

/**
 * When V8 optimizes a function, and how fast its space for new objects grows. A run of a small lab ends before most
 * functions repay that: it took a tenth of its CPU time. What runs for long is optimized all the same, a little later.
 */
function setThresholds(kind: "short" | "usual"): void {
  // The usual values are those of this version.
  if (!process.versions.v8.startsWith("13.6.")) return;
  const [calls, growth] = kind === "short" ? [4000, 16] : [400, 2];
  v8.setFlagsFromString(`--invocation-count-for-maglev=${calls}`);
  v8.setFlagsFromString(`--semi-space-growth-factor=${growth}`);
}

/** Undefined when this kind of command line is not worth a file, or nothing may be kept. */
function cacheFileFor(words: string[]): string | undefined {
  const [verb = "", ...rest] = words;
  const helps = verb === "" || words.some((word) => ["--help", "-h", "--version", "help"].includes(word));
  const kind = helps ? "help" : verb === "dbt" ? `dbt-${rest.find((word) => kinds.has(`dbt-${word}`))}` : verb;
  const folder = kinds.has(kind) ? module.getCompileCacheDir() : undefined;
  return folder === undefined ? undefined : join(folder, `${PROGRAM_FILE}-${kind}`);
}

/** Code is taken from files of this user only. */
function ownFile(path: string): Buffer | undefined {
  try {
    const mine = process.getuid?.();
    return mine === undefined || statSync(path).uid === mine ? readFileSync(path) : undefined;
  } catch {
    return undefined;
  }
}

function keep(path: string, script: vm.Script): void {
  const fresh = `${path}.${process.pid}`;
  // V8 takes its code back only with the flags that it was kept under.
  setThresholds("usual");
  try {
    writeFileSync(fresh, script.createCachedData(), { mode: 0o600 });
    renameSync(fresh, path);
  } catch {
    // A cache that cannot be written costs time, nothing else.
  }
}
