import { rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { RecordReader } from "./csv/records.ts";
import { unpackFrames } from "./csv/zstd-frames.ts";
import { loadChanges } from "./load/load.ts";
import { source, TestLab } from "./testing/lab.ts";

let lab: TestLab;
beforeEach(async () => {
  lab = await new TestLab().open();
});
afterEach(async () => {
  await lab.close();
});

/** Loads one file as the source `t`: its rows as text and how many are in quarantine, or its error's code. */
async function load(name: string, content: string | Buffer, format: "csv" | "json" | "parquet" = "csv") {
  lab.sources = [source("t", { path: ["*"], format })];
  lab.write(name, content);
  const [file] = (await lab.ingest()).files;
  if (file?.error) return file.error.code;
  expect(file?.rowsRead).toBe((file?.rowsLoaded ?? 0) + (file?.rowsQuarantined ?? 0));
  return { rows: await lab.rows("FROM raw.t"), quarantined: file?.rowsQuarantined };
}

const utf16 = (text: string) => Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, "utf16le")]);
const skippable = Buffer.concat([Buffer.from([0x52, 0x2a, 0x4d, 0x18, 4, 0, 0, 0]), Buffer.from("note")]);

describe("packed files", () => {
  const two = [zstdCompressSync("id,n\n1,a\n"), zstdCompressSync("2,b\n3,c\n")] as const;
  const all = {
    rows: [
      ["1", "a"],
      ["2", "b"],
      ["3", "c"],
    ],
    quarantined: 0,
  };

  it("are read to the end of their last frame", async () => {
    expect(await load("t.csv.zst", Buffer.concat(two))).toEqual(all);
  });

  it("may hold frames without data", async () => {
    expect(await load("t.csv.zst", Buffer.concat([skippable, two[0], skippable, two[1], skippable]))).toEqual(all);
  });

  it("may be filled up with zeros", async () => {
    expect(await load("t.csv.gz", Buffer.concat([gzipSync("id,n\n1,a\n2,b\n3,c\n"), Buffer.alloc(512)]))).toEqual(all);
  });

  it.each([
    ["cut off", Buffer.concat(two).subarray(0, -3)],
    ["cut off in the second frame's header", Buffer.concat([two[0], two[1].subarray(0, 3)])],
    ["followed by something else", Buffer.concat([two[0], Buffer.from("and more")])],
  ])("are refused when %s", async (_, content) => {
    expect(await load("t.csv.zst", content)).toBe("ING-007");
  });

  it("come out as they went in, whatever the frames and pieces are", async () => {
    const frames = fc.array(fc.uint8Array({ maxLength: 5000 }), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(frames, fc.integer({ min: 1, max: 999 }), async (parts, size) => {
        const packed = Buffer.concat(parts.flatMap((part) => [skippable, zstdCompressSync(part)]));
        const { createZstdDecompress } = await import("node:zlib");
        async function* pieces() {
          for (let at = 0; at < packed.length; at += size) yield packed.subarray(at, at + size);
        }
        const out: Buffer[] = [];
        for await (const piece of unpackFrames(pieces(), () => createZstdDecompress())) out.push(piece);
        expect(Buffer.concat(out).equals(Buffer.concat(parts))).toBe(true);
      }),
      { numRuns: 40 },
    );
  });
});

describe("text that is not what it seems", () => {
  it.each([
    ["half a letter of UTF-16", utf16("id,n\n1,\ud83d\n2,y\n"), "ING-003"],
    ["an odd byte behind UTF-16", Buffer.concat([utf16("id,n\n1,a\n"), Buffer.from("A")]), "ING-003"],
    ["an error page", "<!DOCTYPE html>\n<html><body>502, bad gateway</body></html>\n", "ING-002"],
    ["a PDF", "%PDF-1.4\n1 0 obj\n<<>>\nendobj\n", "ING-002"],
    ["lines above the header", "# exported by X\n# 2026\nid,n\n1,a\n2,b\n", "ING-004"],
    ["Excel's delimiter line", "sep=;\nid;n\n1;a\n", "ING-004"],
    ["a column called as ours", "id,_LOAD\n1,2\n", "ING-004"],
  ])("%s is refused, with a code", async (_, content, code) => {
    expect(await load("t.csv", content)).toBe(code);
    // Nothing of it is agreed on.
    expect(await lab.rows("FROM _labs.contracts")).toEqual([]);
  });

  it("a header in the middle is no row, and leaves the types alone", async () => {
    expect(await load("t.csv", "id,n\n1,a\nid,n\n2,b\n")).toEqual({
      rows: [
        ["1", "a"],
        ["2", "b"],
      ],
      quarantined: 1,
    });
    expect(await lab.rows("SELECT typeof(id) FROM raw.t LIMIT 1")).toEqual([["BIGINT"]]);
  });
});

describe("numbers that a double cannot hold", () => {
  it.each(["1e400", "-1e309", "0.12345678901234567890", "123456789012345.678901"])("%s stays text", async (value) => {
    expect(await load("t.csv", `id,x\n1,${value}\n2,1.5\n`)).toEqual({
      rows: [
        ["1", value],
        ["2", "1.5"],
      ],
      quarantined: 0,
    });
  });

  it("are numbers with up to 17 digits, as programs write doubles", async () => {
    await load("t.csv", "id,x\n1,0.30000000000000004\n2,-0.00012345678901234567\n");
    expect(await lab.rows("SELECT typeof(x), x FROM raw.t ORDER BY id")).toEqual([
      ["DOUBLE", "0.30000000000000004"],
      ["DOUBLE", "-0.00012345678901234567"],
    ]);
  });

  it("go to quarantine when the contract says DOUBLE; infinity by its name does not", async () => {
    await load("t.csv", "id,x\n1,1.5\n");
    lab.write("t2.csv", "id,x\n2,1e400\n3,inf\n4,-Infinity\n5,2.5\n");
    const [file] = (await lab.ingest()).files;
    expect(file).toMatchObject({ rowsRead: 4, rowsLoaded: 3, rowsQuarantined: 1 });
    expect(await lab.rows("SELECT x FROM raw.t ORDER BY id")).toEqual([["1.5"], ["Infinity"], ["-Infinity"], ["2.5"]]);
  });
});

describe("JSON", () => {
  const deep = (levels: number) => `{"id":2,"x":${"[".repeat(levels)}${"]".repeat(levels)}}`;

  it("that is nested without end goes to quarantine", async () => {
    expect(await load("t.ndjson", `{"id":1}\n${deep(200_000)}\n${deep(990)}\n`, "json")).toMatchObject({
      quarantined: 1,
    });
    expect(await lab.rows("SELECT reason FROM quarantine.t")).toEqual([["nested deeper than 1000 levels"]]);
    expect(await load("u.json", `[${deep(200_000)}]`, "json")).toMatchObject({ quarantined: 1 });
  });

  it("that is not in UTF-8 is refused", async () => {
    expect(await load("t.json", Buffer.from('[{"a":"Zoë"}]', "latin1"), "json")).toBe("ING-003");
  });
});

describe("names without a file behind them", () => {
  it("are errors of their own, and hide no other file", async () => {
    lab.sources = [source("t", { path: ["*.csv"] })];
    lab.write("good.csv", "id,n\n1,a\n");
    symlinkSync("loop.csv", join(lab.raw, "loop.csv"));
    symlinkSync("nowhere.csv", join(lab.raw, "gone.csv"));
    writeFileSync(
      Buffer.concat([Buffer.from(`${lab.raw}/caf`), Buffer.from([0xe9]), Buffer.from(".csv")]),
      "id,n\n2,b\n",
    );
    const { files } = await lab.ingest();
    expect(files.map(({ file, outcome, error }) => [file, outcome, error?.code]).sort()).toEqual([
      ["caf\ufffd.csv", "failed", "ING-007"],
      ["gone.csv", "failed", "ING-007"],
      ["good.csv", "loaded", undefined],
      ["loop.csv", "failed", "ING-007"],
    ]);
  });
});

describe("a file that is not the one that was looked at any more", () => {
  it.each<[string, (path: string) => void]>([
    ["removed", (path) => rmSync(path)],
    ["replaced by a shorter one", (path) => writeFileSync(path, "id,n\n1,a\n")],
    ["replaced by another table", (path) => writeFileSync(path, "x;y;z\n1;2;3\n")],
    ["replaced by a link to itself", (path) => (rmSync(path), symlinkSync(path, path))],
  ])("%s while it is read, waits for the next look", async (_, change) => {
    lab.sources = [source("t", { path: ["*.csv"] })];
    lab.write("good.csv", "id,n\n7,g\n");
    const path = lab.write("t.csv", `id,n\n${Array.from({ length: 5000 }, (_, i) => `${i},x\n`).join("")}`);
    const plan = await lab.plan();
    change(path);
    const { files } = await loadChanges(plan, { database: lab.database, loadId: "run-1" });
    expect(files.map(({ file, outcome, error }) => [file, outcome, error?.code]).sort()).toEqual([
      ["good.csv", "loaded", undefined],
      ["t.csv", "waiting", "ING-009"],
    ]);
    expect(await lab.rows("FROM raw.t")).toEqual([["7", "g"]]);
  });
});

describe("sizes", () => {
  it("a thousand columns are one table", async () => {
    const names = Array.from({ length: 1000 }, (_, i) => `c${i}`);
    const found = await load("t.csv", `${names.join(",")}\n${names.map((_, i) => i).join(",")}\n`);
    expect(found).toEqual({ rows: [names.map((_, i) => String(i))], quarantined: 0 });
  });

  it("a record in many pieces comes out whole, however they are cut", () => {
    const reader = new RecordReader({ delimiter: ",", quote: '"', escape: '"' });
    const found = Array.from({ length: 4000 }, () => reader.push("x".repeat(1000))).flat();
    found.push(...reader.push(",y\n1,2\n"), ...reader.push("3,4"), ...reader.end());
    expect(found.map(({ fields, line }) => [fields[0]?.length, fields[1], line])).toEqual([
      [4_000_000, "y", 1],
      [1, "2", 2],
      [1, "4", 3],
    ]);
  });

  it("a record without an end is told with its line, before it fills the memory", () => {
    const reader = new RecordReader({ delimiter: ",", quote: '"', escape: '"' }, false, 10_000);
    expect(reader.push("a,b\n1,2\n3,")).toHaveLength(2);
    const endless = () => {
      for (let i = 0; i < 12; i++) expect(reader.push("x".repeat(1000))).toEqual([]);
    };
    expect(endless).toThrow("The record that begins on line 3 is longer than 10000 characters.");
  });
});
