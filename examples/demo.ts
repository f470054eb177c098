/**
 * What `npm run demo` runs in a clone: example data (unless it is there), then every lab of the example workspace.
 * Ends with the exit code of `labs run --all`.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join, relative } from "node:path";

const root = join(import.meta.dirname, "..");
const workspace = join(import.meta.dirname, "cpg");
const labs = join(root, "dist", "labs.js");
const rows = process.env["DEMO_ROWS"] ?? "20000";

// lab2 polls an API: this is it, on this machine, until the labs have run.
const api = spawn(process.execPath, [join(workspace, "shared", "products-api.mjs"), "0"], {
  stdio: ["ignore", "pipe", "inherit"],
});
const [said] = (await once(api.stdout, "data")) as [Buffer];
const address = /^http:[^ ]+(?=\/v1)/.exec(String(said))?.[0] ?? "";
process.on("exit", () => api.kill());

/** Runs `labs …` with this process's own Node, in sight of the user. Returns its exit code. */
async function run(...words: string[]): Promise<number> {
  const child = spawn(process.execPath, [labs, ...words, "--workspace", workspace], {
    stdio: "inherit",
    env: { ...process.env, PRODUCTS_API: address },
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve(code ?? 1));
  });
}

const files = {
  lab1_sales_performance: ["sales_data.csv"],
  lab2_forecast_model: ["weekly_sales.csv"],
  lab3_customer_segmentation: ["customers.csv", "transactions.csv"],
};
// A lab with any of its files keeps them: they may be somebody's own.
const without = Object.entries(files)
  .filter(([lab, names]) => !names.some((name) => existsSync(join(workspace, lab, "data", "raw", name))))
  .map(([lab]) => lab);

if (without.length > 0) {
  const code = await run("demo-data", ...without, "--rows", rows, "--seed", "42", "--quiet");
  if (code !== 0) process.exit(code);
}

const code = await run("run", "--all");
const here = relative(process.cwd(), workspace) || ".";
const npx = `npm run --silent labs --`;
process.stdout.write(`
${code === 0 ? "Three labs are built, tested and scored." : "Not every lab came through; the lines above say why."} Next:

  1. Look at a table:     ${npx} inspect lab1_sales_performance gold.gold_product_line_kpis --workspace ${here}
  2. Drop your own file into ${join(here, "lab1_sales_performance", "data", "raw")} and load what is new:
                          ${npx} run lab1_sales_performance --workspace ${here}
  3. Open the page:       ${npx} serve --workspace ${here}
                          then http://127.0.0.1:4400; new files and schedules start labs while it runs
  4. A workspace of yours: ${npx} init my-workspace
`);
process.exit(code);
