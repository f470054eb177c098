import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";

const root = join(import.meta.dirname, "..", "..");
const labs = join(root, "dist", "labs.js");
const notExample = /^(data|\.labs|target|logs|dbt_packages|.*\.duckdb(\.wal)?)$/;

/** The example workspace with dirty data: three labs that ran, one of them with a failed last run. */
export async function exampleWorkspace(): Promise<{ folder: string; api: string; remove: () => void }> {
  const temporary = realpathSync(mkdtempSync(join(tmpdir(), "labs-ui-")));
  const folder = join(temporary, "cpg");
  cpSync(join(root, "examples", "cpg"), folder, {
    recursive: true,
    filter: (path) => !notExample.test(basename(path)),
  });
  const products = spawn(process.execPath, [join(folder, "shared", "products-api.mjs"), "0"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [said] = (await once(products.stdout, "data")) as [Buffer];
  const api = /^http:[^ ]+(?=\/v1)/.exec(String(said))?.[0] ?? "";
  const remove = () => {
    products.kill();
    rmSync(temporary, { recursive: true, force: true });
  };
  await command(folder, api, "demo-data", "--rows", "20000", "--dirty", "--quiet");
  await command(folder, api, "run", "--all", "--quiet");
  writeFileSync(
    join(folder, "lab3_customer_segmentation", "dbt", "models", "gold", "gold_customer_rfm.sql"),
    "select customer_id,\n       no_such_column\nfrom {{ ref('silver_customers') }}\n",
  );
  await command(folder, api, "run", "lab3_customer_segmentation", "--quiet");
  return { folder, api, remove };
}

/** Runs a command to its end; a run that fails is part of the example. */
export async function command(folder: string, api: string, ...words: string[]): Promise<void> {
  const child = spawn(process.execPath, [labs, ...words, "--workspace", folder], {
    stdio: ["ignore", "ignore", "inherit"],
    env: { ...process.env, PRODUCTS_API: api },
  });
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0 && code !== 1) throw new Error(`labs ${words.join(" ")} ended with ${code}`);
}

export interface Served {
  url: string;
  child: ChildProcess;
  stop: () => Promise<void>;
}

/** `labs serve` on a workspace, once its page answers. */
export async function serveWorkspace(folder: string, api: string, ...words: string[]): Promise<Served> {
  const child = spawn(process.execPath, [labs, "serve", "-o", "json", "--workspace", folder, ...words], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, PRODUCTS_API: api },
  });
  let text = "";
  const url = await new Promise<string>((resolve, reject) => {
    child.on("close", (code) => reject(new Error(`labs serve ended with ${code}: ${text}`)));
    child.stdout.on("data", (chunk: Buffer) => {
      text += String(chunk);
      const found = /"type":"ui","url":"([^"]+)"/.exec(text)?.[1];
      if (found) resolve(found);
    });
  });
  const stop = async () => {
    // One that has ended says so no more.
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGINT");
    await once(child, "close");
  };
  return { url, child, stop };
}
