import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import type { FastifyInstance } from "fastify";
import { readIfThere } from "#registry/index.ts";
import { serverErrors } from "./errors.ts";

const types: Record<string, string> = {
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  html: "text/html; charset=utf-8",
  svg: "image/svg+xml",
};

const missing = `<!doctype html><html lang="en"><meta charset="utf-8"><title>BuildCPG Labs</title>
<h1>The pages are not built</h1><p>Run <code>npm run build</code> in the clone and load this again.
The API answers at <a href="/api/v1/openapi.json">/api/v1/openapi.json</a>.</p></html>`;

interface Page {
  body: Buffer;
  zipped: Buffer;
  tag: string;
}

/** The browser's pages, from the folder that the build makes. Every address that is no file is the one page. */
export function servePages(app: FastifyInstance, folder: string): void {
  const kept = new Map<string, Page>();
  const load = (name: string): Page | undefined => {
    const known = kept.get(name);
    if (known) return known;
    const text = readIfThere(`${folder}/${name}`) ?? (name === "index.html" ? missing : undefined);
    if (text === undefined) return undefined;
    const body = Buffer.from(text);
    const tag = `"${createHash("sha256").update(body).digest("base64url").slice(0, 20)}"`;
    const page = { body, zipped: gzipSync(body), tag };
    if (text !== missing) kept.set(name, page);
    return page;
  };
  app.get("/*", async (request, reply) => {
    const path = request.url.split("?")[0] ?? "/";
    // Names of our own making only: nothing of an address becomes a path.
    const file = /^\/assets\/([\w-]+\.(?:js|css|svg))$/.exec(path)?.[1];
    if (path.startsWith("/api/") || (path.startsWith("/assets/") && file === undefined)) throw nothing(path);
    const page = load(file ?? "index.html");
    if (!page) throw nothing(path);
    // Files have their content in their names; the page itself names them.
    void reply.header("cache-control", file ? "public, max-age=31536000, immutable" : "no-cache");
    void reply.header("etag", page.tag).header("vary", "accept-encoding");
    if (request.headers["if-none-match"] === page.tag) return reply.code(304).send();
    void reply.type(types[file?.split(".").at(-1) ?? "html"] ?? "text/plain");
    if (!/\bgzip\b/.test(String(request.headers["accept-encoding"] ?? ""))) return reply.send(page.body);
    return reply.header("content-encoding", "gzip").send(page.zipped);
  });
}

const nothing = (path: string) =>
  serverErrors.notFound({
    message: `There is nothing at ${path.slice(0, 200)}.`,
    hint: "/api/v1/openapi.json lists what there is.",
  });
