import { chmodSync, lstatSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { fileError, readText, writeAtomic } from "./files.ts";
import { temporaryFolder } from "./testing/temporary.ts";

describe("fileError", () => {
  it.each([
    ["ENOSPC", "REG-011", /no space left/],
    ["EDQUOT", "REG-011", /no space left/],
    ["EFBIG", "REG-011", /no space left/],
    ["EACCES", "REG-010", /no right/],
    ["EROFS", "REG-010", /read-only/],
    ["ENOTDIR", "REG-010", /a file lies where a folder/],
    ["ENOENT", "REG-009", /does not exist/],
  ])("makes %s a sentence", (code, wanted, message) => {
    const error = fileError(Object.assign(new Error(code), { code }), "/x/y", "write");
    expect(error).toMatchObject({ code: wanted, message: expect.stringMatching(message), place: { file: "/x/y" } });
    expect(error.hint).toBeTruthy();
  });
});

describe("writeAtomic", () => {
  it("replaces the whole file or leaves it, and nothing beside it", () => {
    const folder = temporaryFolder({ "a.txt": "old" });
    writeAtomic(join(folder, "a.txt"), "new ✓");
    expect(readText(join(folder, "a.txt"))).toBe("new ✓");
    mkdirSync(join(folder, "b.txt"));
    expect(() => writeAtomic(join(folder, "b.txt"), "x")).toThrow(expect.objectContaining({ exit: 1 }));
    expect(readdirSync(folder).sort()).toEqual(["a.txt", "b.txt"]);
  });

  it("keeps a link a link and the rights of the file", () => {
    const folder = temporaryFolder({ "real/a.txt": "old" });
    chmodSync(join(folder, "real/a.txt"), 0o640);
    symlinkSync(join(folder, "real/a.txt"), join(folder, "a.txt"));
    writeAtomic(join(folder, "a.txt"), "new");
    expect(lstatSync(join(folder, "a.txt")).isSymbolicLink()).toBe(true);
    expect(readText(join(folder, "real/a.txt"))).toBe("new");
    expect(statSync(join(folder, "real/a.txt")).mode & 0o777).toBe(0o640);
  });

  it("creates missing folders", () => {
    const folder = temporaryFolder();
    writeAtomic(join(folder, "x/y/z.txt"), "z");
    expect(readFileSync(join(folder, "x/y/z.txt"), "utf8")).toBe("z");
  });
});
