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

  const sizeOf = (name: string) => gzipSync(readFileSync(join(built, name))).length;
  const scripts = () => readdirSync(built).filter((name) => name.endsWith(".js"));
  /** A script and what it imports before it runs; what it loads later is not among them. */
  const withImports = (name: string, found = new Set<string>()): Set<string> => {
    if (found.has(name)) return found;
    found.add(name);
    const text = readFileSync(join(built, name), "utf8");
    for (const [, other = ""] of text.matchAll(/(?:\bfrom|\bimport)\s*"\.\/([\w-]+\.js)"/g)) withImports(other, found);
    return found;
  };

  it("loads less than 60 KB of compressed script before a page is there, and less than 200 KB for any page", () => {
    const first = withImports(scripts().find((name) => name.startsWith("app-")) ?? "");
    const bytes = (names: Iterable<string>) => [...names].reduce((sum, name) => sum + sizeOf(name), 0);
    expect(bytes(first)).toBeGreaterThan(5_000);
    for (const name of scripts()) {
      const all = new Set([...first, ...withImports(name)]);
      expect([name, bytes(all) < (name.startsWith("editor-") ? 200_000 : 60_000)]).toEqual([name, true]);
    }
  });

  it("loads editor, chart and graph only when they are used", () => {
    const later = scripts().filter((name) => /^(?:editor|chart|graph|lineage|rows)-/.test(name));
    expect(later.length).toBeGreaterThanOrEqual(5);
    for (const name of scripts().filter((each) => !later.includes(each)))
      expect([...withImports(name)].filter((each) => later.includes(each))).toEqual([]);
  });

  it("comes compressed, and not again when it has not changed", async () => {
    const first = await fetch(`${server.url}/`);
    expect(first.headers.get("content-encoding")).toBe("gzip");
    const again = await fetch(`${server.url}/`, { headers: { "if-none-match": first.headers.get("etag") ?? "" } });
    expect(again.status).toBe(304);
  });
});
