import {
  appendFileSync,
  copyFileSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CsvMonitor } from "./csv-monitor.ts";

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "labs-monitor-"));
  path = join(folder, "sales.csv");
  writeFileSync(path, 'id,note\n1,"two\nlines"\n2,b\n');
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe("CsvMonitor", () => {
  it("answers with rows, bytes and the hash of the content", async () => {
    const monitor = new CsvMonitor();
    const content = 'id,note\n1,"two\nlines"\n2,b\n';
    const sha256 = createHash("sha256").update(content).digest("hex");
    expect(await monitor.check(path)).toEqual({
      changed: true,
      reason: "new",
      newRows: 2,
      totalRows: 2,
      bytes: content.length,
      sha256,
    });
    expect(await monitor.check(path)).toEqual({
      changed: false,
      reason: "unchanged",
      newRows: 0,
      totalRows: 2,
      bytes: content.length,
      sha256,
    });
  });

  it("tells growth, rewriting, shrinking and edits of the same length apart", async () => {
    const monitor = new CsvMonitor();
    await monitor.check(path);
    appendFileSync(path, "3,c\n4,d\n");
    expect(await monitor.check(path)).toMatchObject({ changed: true, reason: "appended", newRows: 2, totalRows: 4 });
    const { atime, mtime } = statSync(path);
    writeFileSync(path, 'id,note\n1,"two\nlines"\n2,X\n3,c\n4,d\n');
    utimesSync(path, atime, mtime);
    expect(await monitor.check(path)).toMatchObject({ changed: true, reason: "same-length change", totalRows: 4 });
    writeFileSync(path, "id,note\n1,a\n");
    expect(await monitor.check(path)).toMatchObject({ changed: true, reason: "shrunk", totalRows: 1 });
    writeFileSync(path, "id,note\n9,z\n8,y\n7,x\n");
    expect(await monitor.check(path)).toMatchObject({ changed: true, reason: "changed", newRows: 3 });
  });

  it("knows content under another name, and files that are gone", async () => {
    const monitor = new CsvMonitor();
    await monitor.check(path);
    const copy = join(folder, "copy.csv");
    copyFileSync(path, copy);
    expect(await monitor.check(copy)).toMatchObject({ reason: "duplicate", newRows: 0, otherPath: path });
    rmSync(copy);
    expect(await monitor.check(copy)).toMatchObject({ changed: true, reason: "removed" });
    const renamed = join(folder, "renamed.csv");
    renameSync(path, renamed);
    expect(await monitor.check(renamed)).toMatchObject({ reason: "renamed", newRows: 0, otherPath: path });
    await expect(monitor.check(path)).rejects.toMatchObject({ code: "ING-007" });
  });

  it("remembers in a file, and peeks without remembering", async () => {
    const state = join(folder, "state", "seen.json");
    expect(await new CsvMonitor({ state }).peek(path)).toMatchObject({ reason: "new" });
    expect(await new CsvMonitor({ state }).check(path)).toMatchObject({ reason: "new" });
    expect(await new CsvMonitor({ state }).check(path)).toMatchObject({ changed: false });
    expect(await new CsvMonitor({ state, verify: true }).check(path)).toMatchObject({ changed: false });
    writeFileSync(state, "{");
    expect(() => new CsvMonitor({ state })).toThrow(expect.objectContaining({ code: "ING-007" }));
  });
});
