import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { appendLine, readIfThere, sizeOf, volumeOf } from "./disk.ts";
import { temporaryFolder } from "./testing/temporary.ts";

it("adds whole lines, also behind one that was cut off", () => {
  const file = join(temporaryFolder(), "logs", "a.ndjson");
  appendLine(file, "1");
  appendLine(file, "2");
  writeFileSync(file, "3", { flag: "a" });
  appendLine(file, "4");
  expect(readFileSync(file, "utf8")).toBe("1\n2\n3\n4\n");
  expect(sizeOf(file)).toBe(8);
  expect(readIfThere(`${file}.not`)).toBeUndefined();
  expect(() => appendLine(join(file, "b"), "x")).toThrow(expect.objectContaining({ code: "REG-010" }));
});

it("knows the volume of what does not exist yet", () => {
  const folder = temporaryFolder();
  const volume = volumeOf(join(folder, "not", "yet"));
  expect(volume).toMatchObject({ device: volumeOf(folder)?.device });
  expect(volume?.total).toBeGreaterThan(volume?.free ?? 0);
});
