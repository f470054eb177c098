import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RunningServer, startServer } from "./start.ts";
import { temporaryWorkspace } from "./testing/empty-workspace.ts";

const built = join(import.meta.dirname, "../../dist/web");

describe.skipIf(!existsSync(join(built, "index.html")))("the built pages", () => {
  const root = temporaryWorkspace();
  let server: RunningServer;
  beforeAll(async () => {
    server = await startServer({ workspace: root, port: 0, pages: built, version: "1.2.3" });
  });
  afterAll(async () => {
    await server.close();
    rmSync(root, { recursive: true, force: true });
  });
  const text = async (path: string) => (await fetch(`${server.url}${path}`)).text();

  it("names files that are there, and holds no script of its own", async () => {
    const html = await text("/labs/any?tab=graph");
    expect(html).not.toMatch(/<script(?![^>]* src=)|<style|\son\w+=|style=/);
    const assets = [...html.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, path]) => path ?? "");
    expect(assets).toHaveLength(3);
    for (const path of assets) {
      const response = await fetch(`${server.url}${path}`);
      expect([path, response.status]).toEqual([path, 200]);
      expect(response.headers.get("cache-control")).toMatch(/immutable/);
    }
  });

  it("asks nothing of other hosts", () => {
    for (const name of readdirSync(built)) {
      const found = [...readFileSync(join(built, name), "utf8").matchAll(/https?:\/\/[\w.-]+/g)].map(([url]) => url);
      // Names of XML's vocabularies, which nobody fetches.
      expect([name, found.filter((url) => url !== "http://www.w3.org")]).toEqual([name, []]);
    }
  });

  it("is less than 200 KB of compressed script in all", () => {
    const scripts = readdirSync(built).filter((name) => name.endsWith(".js"));
    const sum = scripts.reduce((bytes, name) => bytes + gzipSync(readFileSync(join(built, name))).length, 0);
    expect(sum).toBeGreaterThan(10_000);
    expect(sum).toBeLessThan(200_000);
  });

  it("comes compressed, and not again when it has not changed", async () => {
    const first = await fetch(`${server.url}/`);
    expect(first.headers.get("content-encoding")).toBe("gzip");
    const again = await fetch(`${server.url}/`, { headers: { "if-none-match": first.headers.get("etag") ?? "" } });
    expect(again.status).toBe(304);
  });
});
