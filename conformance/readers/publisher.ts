/**
 * Runs the lab again and again, each run with its own number: `publisher.ts <workspace> <first> <last> <seed>`. Tells every
 * run as a line of JSON. `KILL_AT=<n>` kills the process before the n-th file operation of the last run's publish step.
 */
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { runLab } from "../../src/pipeline/index.ts";
import { openRegistry } from "../../src/registry/index.ts";
import { labName } from "./lab.ts";
import { failureOf } from "./plan.ts";

const [root = "", first = "1", last = "1", seed = "0"] = process.argv.slice(2);
const killAt = Number(process.env["KILL_AT"] ?? 0);
const tell = (line: object) => fs.writeSync(1, `${JSON.stringify(line)}\n`);

let counting = false;
let operations = 0;
/** Counts calls that change files, and dies before one of them. */
function watchFiles(): void {
  const own = fs as unknown as Record<string, (...args: unknown[]) => unknown>;
  for (const name of [
    "renameSync",
    "linkSync",
    "copyFileSync",
    "writeFileSync",
    "fsyncSync",
    "rmSync",
    "mkdirSync",
    "unlinkSync",
    "symlinkSync",
    "utimesSync",
  ]) {
    const original = own[name];
    if (!original) continue;
    own[name] = (...args) => {
      if (counting && ++operations === killAt) process.kill(process.pid, "SIGKILL");
      return original(...args);
    };
  }
  syncBuiltinESMExports();
}
watchFiles();

const workspace = openRegistry(root);
const lab = workspace.lab(labName);
for (let n = Number(first); n <= Number(last); n++) {
  const failure = failureOf(n, Number(seed));
  const result = await runLab(workspace, lab, {
    vars: { n, failure: failure ?? "none" },
    threads: 2,
    command: `run ${n}`,
    onEvent: (event) => {
      if (event.type === "step-start" && event.step === "publish") {
        counting = n === Number(last);
        tell({ publishing: n });
      }
      if (event.type === "step-finish" && event.step === "publish") counting = false;
    },
  });
  const seconds = result.steps.find(({ name }) => name === "publish")?.seconds ?? 0;
  tell({
    run: n,
    failure,
    runId: result.runId,
    published: result.published?.made === true,
    message: result.message,
    milliseconds: seconds * 1000,
    operations,
  });
}
