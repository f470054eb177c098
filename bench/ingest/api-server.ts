/** Serves records in pages of a cursor, for the benchmark: number of records. Says its address on stdout. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { record } from "./files.ts";

const rows = Number(process.argv[2] ?? 100_000);
/** Pages are made once: the server's own time should not count. */
const pages = new Map<string, Buffer>();

function page(at: number, size: number): Buffer {
  const key = `${at} ${size}`;
  let body = pages.get(key);
  if (!body) {
    const data = Array.from({ length: Math.max(0, Math.min(size, rows - at)) }, (_, i) => record(at + i));
    body = Buffer.from(JSON.stringify({ data, next: at + size < rows ? at + size : null }));
    pages.set(key, body);
  }
  return body;
}

for (let at = 0; at < rows; at += 1000) page(at, 1000);
const server = createServer((request, response) => {
  const { searchParams } = new URL(request.url ?? "/", "http://127.0.0.1");
  response.setHeader("content-type", "application/json");
  response.end(page(Number(searchParams.get("cursor") ?? 0), Number(searchParams.get("size") ?? 1000)));
});
server.listen(0, "127.0.0.1", () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
});
