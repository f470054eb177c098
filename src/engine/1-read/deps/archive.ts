import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { gunzipSync } from "node:zlib";
import { readError } from "../errors.ts";
import type { DepsContext } from "./types.ts";

/** Downloads with two more tries. Errors: READ-008 that says what to do without a network. */
export async function download(url: string, what: string, context: DepsContext): Promise<Buffer> {
  let reason = "";
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      const response = await context.fetch(url, { signal: AbortSignal.timeout(30_000) });
      if (response.ok) return Buffer.from(await response.arrayBuffer());
      reason = `the server answered ${response.status} ${response.statusText}`.trim();
      if (response.status < 500) break;
    } catch (error) {
      const cause = (error as { cause?: { code?: string; message?: string } }).cause;
      reason = cause?.code ?? cause?.message ?? (error as Error).message;
    }
  }
  throw readError("fetch", {
    message: `${what} cannot be fetched from ${url}: ${reason}.`,
    hint: "Check the network. Without one, copy the package's folder into the project and declare it as `local: <folder>`, or put it into dbt_packages with its package-lock.yml.",
    data: { url },
  });
}

/** Packages are text of some megabytes; a small archive can unpack to any size. */
const mostBytes = 1 << 30;

/**
 * Unpacks a .tar.gz into `folder`; its one top folder is left out. Links and paths that lead outside are skipped.
 * Errors: READ-008 for what is no such archive, is cut off, or unpacks to more than 1 GB.
 */
export function unpack(archive: Buffer, folder: string, url: string): void {
  const unusable = (reason: string, cause?: unknown) =>
    readError("fetch", {
      message: `What ${url} gives cannot be unpacked: ${reason}.`,
      hint: "It should be a .tar.gz with the package's folder in it: check the address, or fetch it again.",
      data: { url },
      cause,
    });
  let data: Buffer;
  try {
    data = gunzipSync(archive, { maxOutputLength: mostBytes });
  } catch (error) {
    throw unusable((error as Error).message, error);
  }
  let longName: string | undefined;
  for (let at = 0; at + 512 <= data.length; ) {
    const header = data.subarray(at, at + 512);
    if (header[0] === 0) break;
    const text = (from: number, length: number): string =>
      header.toString("utf8", from, from + length).replace(/\0.*$/s, "");
    const digits = text(124, 12).trim() || "0";
    const size = /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number.NaN;
    if (!(at + 512 + size <= data.length)) throw unusable("it is damaged or cut off");
    const type = String.fromCharCode(header[156] ?? 0);
    const body = data.subarray(at + 512, at + 512 + size);
    at += 512 + Math.ceil(size / 512) * 512;
    if (type === "L") {
      longName = body.toString("utf8").replace(/\0.*$/s, "");
      continue;
    }
    if (type === "x" || type === "g") {
      const path = type === "x" ? paxPath(body) : undefined;
      longName = path ?? longName;
      continue;
    }
    const prefix = text(257, 5) === "ustar" ? text(345, 155) : "";
    const name = longName ?? (prefix ? `${prefix}/${text(0, 100)}` : text(0, 100));
    longName = undefined;
    const parts = name
      .split("/")
      .filter((part) => part !== "" && part !== ".")
      .slice(1);
    if (parts.length === 0 || parts.includes("..")) continue;
    const target = join(folder, ...parts);
    if (type === "5") mkdirSync(target, { recursive: true });
    else if (type === "0" || type === "\0") {
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, body);
    }
  }
}

function paxPath(body: Buffer): string | undefined {
  return /(?:^|\n)\d+ path=([^\n]*)\n/.exec(body.toString("utf8"))?.[1];
}
