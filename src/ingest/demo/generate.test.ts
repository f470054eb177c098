import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type DemoFile, demoFiles, generateDemoFile } from "./generate.ts";

const text = (name: string, rows: number, seed: number, dirty: boolean): string => {
  const file = demoFiles.find((candidate) => candidate.name === name) as DemoFile;
  return [...file.text({ rows, seed, dirty })].join("");
};
const hash = (content: string) => createHash("sha256").update(content).digest("hex").slice(0, 16);

describe("example data", () => {
  it("is the same bytes for the same seed on every machine", () => {
    const all = demoFiles.map((file) => [
      file.name,
      hash(text(file.name, 3000, 42, false)),
      hash(text(file.name, 3000, 42, true)),
    ]);
    expect(all).toMatchInlineSnapshot(`
      [
        [
          "sales_data.csv",
          "e9638047a8bdabd4",
          "1c091afc64b91feb",
        ],
        [
          "weekly_sales.csv",
          "ce58255abafe7bcf",
          "8bb85b7f5cb0926c",
        ],
        [
          "customers.csv",
          "ba4803984fd4df3f",
          "ba4803984fd4df3f",
        ],
        [
          "transactions.csv",
          "d45be7e704b333b4",
          "d86c3360b5176352",
        ],
      ]
    `);
  });

  it("differs by seed", () => {
    for (const { name } of demoFiles) expect(text(name, 100, 1, false)).not.toBe(text(name, 100, 2, false));
  });

  it("has as many rows as asked for, and sums that are right", () => {
    const [header = [], ...rows]: string[][] = parse(text("sales_data.csv", 5000, 7, false));
    const at = (name: string) => header.indexOf(name);
    expect([header.length, rows.length]).toEqual([25, 5000]);
    expect(new Set(rows.map((row) => row[at("PRODUCTLINE")])).size).toBe(7);
    expect(new Set(rows.map((row) => `${row[at("ORDERNUMBER")]}/${row[at("ORDERLINENUMBER")]}`)).size).toBe(5000);
    for (const row of rows) {
      const product = Number(row[at("QUANTITYORDERED")]) * Number(row[at("PRICEEACH")]);
      expect(Math.abs(product - Number(row[at("SALES")]))).toBeLessThan(0.005);
    }
    for (const name of ["weekly_sales.csv", "transactions.csv"])
      expect(parse(text(name, 777, 7, false))).toHaveLength(778);
  });

  it("has defects at the documented rates on request", () => {
    const rows: string[][] = parse(text("transactions.csv", 40_000, 5, true)).slice(1);
    const share = (count: number) => count / 40_000;
    const lines = rows.map((row) => row.join(","));
    expect(share(lines.length - new Set(lines).size)).toBeCloseTo(0.01, 2);
    expect(
      share(
        rows.filter(
          (row) => !/^\d+$/.test(row[5] ?? "") || !/^[\d.]+$/.test(row[6] ?? "") || !/^\d{4}-/.test(row[2] ?? ""),
        ).length,
      ),
    ).toBeCloseTo(0.005, 2);
    let newest = "";
    let late = 0;
    for (const [, , date = ""] of rows) {
      if (!date.startsWith("20")) continue;
      if (date < newest) late++;
      else newest = date;
    }
    expect(share(late)).toBeCloseTo(0.01, 2);
    expect(lines.length).toBeGreaterThan(40_000);
  });
});

describe("generateDemoFile", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "labs-demo-"));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it("writes what it says, and replaces a file only when told to", async () => {
    const [file] = demoFiles as [DemoFile];
    const options = { rows: 50, seed: 1, dirty: false };
    const written = await generateDemoFile(file, join(folder, "deep"), options);
    const content = readFileSync(written.path);
    expect(written).toMatchObject({
      rows: 50,
      bytes: content.length,
      sha256: createHash("sha256").update(content).digest("hex"),
    });
    await expect(generateDemoFile(file, join(folder, "deep"), options)).rejects.toMatchObject({ code: "ING-013" });
    expect((await generateDemoFile(file, join(folder, "deep"), { ...options, rows: 60, force: true })).rows).toBe(60);
  });

  it("refuses numbers out of range and leaves nothing behind when stopped", async () => {
    const [file] = demoFiles as [DemoFile];
    await expect(generateDemoFile(file, folder, { rows: 0, seed: 1, dirty: false })).rejects.toMatchObject({
      code: "ING-012",
    });
    await expect(
      generateDemoFile(file, folder, { rows: 1e6, seed: 1, dirty: false, signal: AbortSignal.abort() }),
    ).rejects.toThrow();
    expect(existsSync(join(folder, file.name))).toBe(false);
  });
});
