import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { runDbt } from "./run-dbt.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "labs-docs-serve-"));
  writeFileSync(join(folder, "dbt_project.yml"), "name: p\nprofile: p\ntarget-path: made\n");
  writeFileSync(join(folder, "profiles.yml"), "p: {target: dev, outputs: {dev: {type: duckdb, path: p.duckdb}}}\n");
  writeFileSync(join(folder, "secret.json"), "{}");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function serve(...words: string[]) {
  const stop = new AbortController();
  const said = { text: "" };
  const say = (text: string) => void (said.text += text);
  const io = { cwd: folder, env: {}, out: say, err: say, isTTY: false, signal: stop.signal };
  return { said, stop, exit: runDbt(["docs", "serve", ...words], { io }) };
}

const get = (url: string, path: string, host?: string) =>
  new Promise<{ status: number | undefined; text: string }>((resolve, reject) => {
    const sent = request(url, { path, ...(host && { headers: { host } }) }, (response) => {
      let text = "";
      response.on("data", (chunk: Buffer) => (text += chunk.toString()));
      response.on("end", () => resolve({ status: response.statusCode, text }));
    });
    sent.on("error", reject).end();
  });

it("serves the site and its artifacts until it is stopped, and nothing else", async () => {
  mkdirSync(join(folder, "made", "compiled"), { recursive: true });
  writeFileSync(join(folder, "made", "index.html"), "<p>docs</p>");
  writeFileSync(join(folder, "made", "manifest.json"), "{}");
  writeFileSync(join(folder, "made", "compiled", "m.sql"), "select 1");
  const { said, stop, exit } = serve("--port", "0");
  await expect.poll(() => said.text, { timeout: 10_000 }).toContain("Press Ctrl+C to exit.");
  const url = /navigate to: (\S+)/.exec(said.text)?.[1] ?? "";
  expect(await get(url, "/")).toEqual({ status: 200, text: "<p>docs</p>" });
  expect(await get(url, "/manifest.json?t=1")).toEqual({ status: 200, text: "{}" });
  for (const path of ["/compiled/m.sql", "/../secret.json", "/%2e%2e/secret.json", "//secret.json", "/catalog.json"])
    expect((await get(url, path)).status).toBe(404);
  expect((await get(url, "/", "evil.example")).status).toBe(403);
  stop.abort();
  expect(await exit).toBe(0);
});

it("says what to do without documentation, and when the port is taken", async () => {
  const without = serve();
  expect(await without.exit).toBe(2);
  expect(without.said.text).toContain("There is no documentation in");
  expect(without.said.text).toContain("labs dbt docs generate");
  mkdirSync(join(folder, "made"));
  writeFileSync(join(folder, "made", "index.html"), "");
  const other = createServer();
  await new Promise<void>((resolve) => void other.listen(0, "127.0.0.1", resolve));
  const taken = serve("--port", String((other.address() as AddressInfo).port));
  expect(await taken.exit).toBe(2);
  expect(taken.said.text).toContain("SRV-001");
  other.close();
});
