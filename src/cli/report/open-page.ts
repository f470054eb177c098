import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { writeAtomic } from "#registry/index.ts";
import type { Io } from "../io.ts";
import { openInBrowser } from "../open-in-browser.ts";

/**
 * Writes a page to a file, by default one of that name among the temporary ones, and hands it to the desktop's own opener;
 * says where it is when there is none. Gives the exit code. Errors: REG-010 to 012.
 */
export async function openPage(io: Io, page: string, out: string | undefined, name: string): Promise<number> {
  const file = out === undefined ? join(tmpdir(), `${name}.html`) : resolve(io.cwd, out);
  writeAtomic(file, page);
  const opened = await openInBrowser(file);
  io.err(opened ? `Opened ${file}\n` : `There is no browser to open here. The page is in ${file}\n`);
  return 0;
}
