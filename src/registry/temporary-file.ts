import { createReadStream, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";

/** A file for a moment, in a folder that only this user may look into. */
export interface TemporaryFile {
  path: string;
  /** Its bytes; when they are read, or nobody reads them any more, the file is gone. */
  read(): Readable;
  remove(): void;
}

export function temporaryFile(name: string): TemporaryFile {
  const folder = mkdtempSync(join(tmpdir(), "labs-file-"));
  const path = join(folder, name);
  const remove = () => rmSync(folder, { recursive: true, force: true });
  return { path, read: () => createReadStream(path).on("close", remove), remove };
}
