import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, isIP } from "node:net";
import { extname } from "node:path";
import { bindError } from "./bind-error.ts";
import { answersFor } from "./security.ts";

export interface FilesOptions {
  host: string;
  /** 0: any that is free. */
  port: number;
  /** The bytes of a file by its name; undefined when there is none. */
  read: (name: string) => Buffer | undefined;
}

export interface ServedFiles {
  /** `http://localhost:8080` */
  url: string;
  port: number;
  close(): Promise<void>;
}

const types: Record<string, string> = { ".html": "text/html; charset=utf-8", ".json": "application/json" };

/** Serves some files by their names, `index.html` for none, to be read only. Errors: SRV-001. */
export async function serveFiles({ host, port, read }: FilesOptions): Promise<ServedFiles> {
  const names = new Set([isIP(host) === 6 ? `[${host}]` : host.toLowerCase()]);
  // Whoever listens for all addresses wants to be found by any name.
  const open = host === "0.0.0.0" || host === "::";
  const server = createServer((request, response) => {
    const refuse = (status: number, why: string) =>
      response.writeHead(status, { "content-type": "text/plain; charset=utf-8" }).end(`${why}\n`);
    if (!open && !answersFor(request.headers.host, names)) return refuse(403, "This server has another name.");
    if (request.method !== "GET" && request.method !== "HEAD") return refuse(405, "There is nothing to do here.");
    const name = request.url?.split("?")[0]?.slice(1) || "index.html";
    const bytes = read(name);
    if (!bytes) return refuse(404, "There is no such page.");
    response.writeHead(200, {
      "content-type": types[extname(name)] ?? "application/octet-stream",
      "content-length": bytes.length,
      "cache-control": "no-cache",
      "x-content-type-options": "nosniff",
    });
    return response.end(request.method === "HEAD" ? undefined : bytes);
  });
  try {
    server.listen({ host, port });
    await once(server, "listening");
  } catch (error) {
    throw bindError(error, host, port);
  }
  const { port: bound } = server.address() as AddressInfo;
  const shown = open || host === "127.0.0.1" ? "localhost" : isIP(host) === 6 ? `[${host}]` : host;
  return {
    url: `http://${shown}:${bound}`,
    port: bound,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}
