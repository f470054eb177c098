import { closeSync, openSync, readSync } from "node:fs";

/** Bytes of a header of a database file. */
export const headerLength = 4096;

/** Bytes in front of a file's first block: the main header and the two that checkpoints write in turn. */
export const headersLength = 3 * headerLength;

/** The headers of a database file, zeros where it is shorter. Not for a file that this process has open. */
export function readHeaders(path: string): Buffer {
  const headers = Buffer.alloc(headersLength);
  const file = openSync(path, "r");
  try {
    readSync(file, headers, 0, headersLength, 0);
    return headers;
  } finally {
    closeSync(file);
  }
}
