import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { operations } from "./app.ts";
import { type RunningServer, startServer } from "./start.ts";
import { ask } from "./testing/ask.ts";
import { workspaceWithRun } from "./testing/workspace.ts";

let root: string;
let run: string;
let server: RunningServer;
const defects: unknown[] = [];

beforeEach(async () => {
  ({ root, run } = await workspaceWithRun());
  defects.length = 0;
  server = await startServer({
    workspace: root,
    port: 0,
    pages: join(root, "no-pages"),
    version: "1.2.3",
    onDefect: (error) => defects.push(error),
  });
});
afterEach(async () => {
  await server.close();
  rmSync(root, { recursive: true, force: true });
});

/** What every operation that only looks answers: codes by path. No answer may be a defect of the server. */
async function lookAtAll(): Promise<Map<string, string>> {
  const names: Record<string, string> = { lab: "shop", run, other: run, table: "gold.kpi", node: "model.shop.kpi" };
  const codes = new Map<string, string>();
  for (const { method, path, produces } of operations) {
    if (method !== "GET" || produces === "text/event-stream") continue;
    const address = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(names[name] ?? "0"));
    const { status, code, body } = await ask(server, "GET", path.startsWith("/metrics") ? path : `/api/v1${address}`);
    expect([path, status < 500, body.slice(0, 300)]).toEqual([path, true, body.slice(0, 300)]);
    expect(body, path).not.toContain(root);
    codes.set(path, status === 200 ? "ok" : (code ?? ""));
  }
  expect(defects).toEqual([]);
  expect(codes.size).toBeGreaterThan(25);
  return codes;
}

const database = () => join(root, "shop/data/shop.duckdb");
const published = () =>
  readdirSync(join(root, "shop/data"), { recursive: true })
    .map((name) => join(root, "shop/data", String(name)))
    .filter((name) => name.endsWith(".duckdb") && name !== database());

describe("a lab whose files are not as they should be", () => {
  it("is shown as far as it is there: its database is gone", async () => {
    expect(existsSync(database())).toBe(true);
    rmSync(database());
    const codes = await lookAtAll();
    expect([codes.get("/labs"), codes.get("/labs/{lab}"), codes.get("/labs/{lab}/tables/{table}/rows")]).toEqual([
      "ok",
      "ok",
      "ok",
    ]);
  });

  it("says so: its database is no database", async () => {
    writeFileSync(database(), "this is no database".repeat(1000));
    const codes = await lookAtAll();
    expect(codes.get("/labs/{lab}/quarantine")).toMatch(/^DUCK-/);
    expect(codes.get("/labs/{lab}/tables/{table}/rows")).toBe("ok");
  });

  it("says so: what it has published is gone, or no database", async () => {
    const files = published();
    expect(files.length).toBeGreaterThan(0);
    for (const file of files) writeFileSync(file, "this is no database".repeat(1000));
    expect((await lookAtAll()).get("/labs/{lab}/tables/{table}/rows")).toMatch(/^(?:DUCK|PUB)-/);
    for (const file of files) rmSync(file);
    expect((await lookAtAll()).get("/labs/{lab}/tables/{table}/rows")).toMatch(/^(?:DUCK|PUB)-/);
  });

  it("says so: another program holds its database", async () => {
    const script = `import { openDatabase } from ${JSON.stringify(join(import.meta.dirname, "../duck/index.ts"))};
      await openDatabase(${JSON.stringify(database())}); console.log("open"); setInterval(() => {}, 1000);`;
    const other = spawn(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(other.stdout, "data");
    try {
      const codes = await lookAtAll();
      expect(codes.get("/labs/{lab}/quarantine")).toMatch(/^(?:DUCK-|REG-014)/);
      expect(codes.get("/labs/{lab}/tables/{table}/rows")).toBe("ok");
    } finally {
      other.kill("SIGKILL");
      await once(other, "close");
    }
  });

  it("says so: its folder is gone", async () => {
    renameSync(join(root, "shop"), join(root, "elsewhere"));
    expect((await lookAtAll()).get("/labs")).toBe("ok");
  });

  it("says so: its project is no YAML, its manifest no JSON, its lab.yml wrong", async () => {
    writeFileSync(join(root, "shop/dbt/dbt_project.yml"), "name: [");
    writeFileSync(join(root, "shop/dbt/target/manifest.json"), '{"nodes": {');
    const codes = await lookAtAll();
    expect([codes.get("/labs"), codes.get("/labs/{lab}/tables/{table}/rows")]).toEqual(["ok", "ok"]);
    writeFileSync(join(root, "shop/lab.yml"), "sources: [");
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect((await lookAtAll()).get("/labs")).toBe("ok");
  });

  it("says so: the registry is broken, and goes on when it is mended", async () => {
    const file = join(root, "shared/config/labs_config.yaml");
    const before = readFileSync(file, "utf8");
    writeFileSync(file, "labs:\n  shop: {\n");
    await new Promise((resolve) => setTimeout(resolve, 600));
    const codes = await lookAtAll();
    expect(codes.get("/labs/{lab}")).toMatch(/^REG-/);
    expect((await ask(server, "GET", "/api/v1/session")).status).toBe(200);
    writeFileSync(file, `${before}  new: {}\n`);
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect((await lookAtAll()).get("/labs")).toBe("ok");
  });
});
