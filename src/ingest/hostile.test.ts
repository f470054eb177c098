import { rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { RecordReader } from "./csv/records.ts";
import { unpackFrames } from "./csv/zstd-frames.ts";
import { loadChanges } from "./load/load.ts";
import { columns, source, TestLab } from "./testing/lab.ts";

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

  it("say what to do when they need a dictionary or too large a window", async () => {
    const hint = async (content: Buffer) => {
      lab.sources = [source("t", { path: ["t.csv.zst"] })];
      lab.write("t.csv.zst", content);
      return (await lab.ingest()).files[0]?.error?.hint;
    };
    // A frame's header (RFC 8878, 3.1.1.1): a dictionary's number; a window of 256 MB.
    const frame = (...bytes: number[]) => Buffer.from([0x28, 0xb5, 0x2f, 0xfd, ...bytes, 1, 0, 0]);
    expect(await hint(frame(0x21, 7, 0))).toContain("dictionary");
    expect(await hint(frame(0x00, 18 << 3))).toContain("--long");
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
    ["a title with delimiters behind it", "Sales 2024;;;\n;;;\nid;n;a;b\n1;a;2;3\n2;b;3;4\n", "ING-004"],
    ["letters of a DOS code page", Buffer.from("id,n\n1,M\x81ller\n2,K\x94ln\n", "latin1"), "ING-003"],
    ["Chinese words of one letter", Buffer.from(`id,n\n${"1,\xd6\xd0\n".repeat(9)}`, "latin1"), "ING-003"],
    ["an archive", "PK\x03\x04 and more\n1,2\n", "ING-002"],
    ["a column called as ours", "id,_LOAD\n1,2\n", "ING-004"],
  ])("%s is refused, with a code", async (_, content, code) => {
    expect(await load("t.csv", content)).toBe(code);
    // Nothing of it is agreed on.
    expect(await lab.rows("FROM _labs.contracts")).toEqual([]);
  });

  it.each([
    ["Excel's delimiter line", "sep=;\r\nid;n\r\n1;a,b\r\n2;c\r\n", {}],
    ["Excel's delimiter line in quotes and UTF-16", utf16('"sep=;"\nid;n\n1;a,b\n2;c\n'), {}],
    ["lines above the header", 'Sales;;\n\n"two\nid;n\n1;a,b\n2;c\n', { skipLines: 3 }],
    ["packed lines above the header", gzipSync("\ufeffSales\n# 2024\nid;n\n1;a,b\n2;c\n"), { skipLines: 2 }],
    ["both", "\ufeffsep=;\nSales\nid;n\n1;a,b\n2;c\n", { skipLines: 1 }],
  ])("%s: skipped", async (_, content, more) => {
    lab.sources = [source("t", { path: ["*"], dialect: { encoding: "utf-8", ...more } })];
    lab.write("t.csv", content);
    lab.write(
      "t2.csv",
      "sep=;\nid;n\n3;d\nx;e\n".replace(
        "sep=;",
        "skipLines" in more ? "a\n".repeat(more.skipLines ?? 0).trim() : "sep=;",
      ),
    );
    const files = (await lab.ingest()).files.map(({ rowsRead, rowsLoaded, error }) => [
      rowsRead,
      rowsLoaded,
      error?.code,
    ]);
    expect(files).toEqual([
      [2, 2, undefined],
      [2, 1, undefined],
    ]);
    expect(await lab.rows("FROM raw.t ORDER BY id")).toEqual([
      ["1", "a,b"],
      ["2", "c"],
      ["3", "d"],
    ]);
    expect(await lab.rows("SELECT record, row_text FROM quarantine.t")).toEqual([["2", "x;e"]]);
  });

  it("what made a column text is told", async () => {
    const rows = Array.from({ length: 20 }, (_, i) => `${i},0${i},03/0${(i % 9) + 1}/2024,"1,${i}",007\n`).join("");
    await load("t.csv", `qty,code,day,price,zip\nkg,00,03/03/2024,"2,5",8\n${rows}`);
    const notes = lab.events.flatMap((event) => (event.type === "note" ? [event.text] : []));
    expect(notes.map((text) => text.split("`")[1])).toEqual(["qty", "day", "price"]);
    expect(notes[0]).toContain('1 of its 21 values, such as "kg"');
    expect(notes[1]).toContain("`%m/%d/%Y` and as `%d/%m/%Y`");
  });

  it.each([
    ["all text", "name,city\na,x\nName, city \nc,y\n"],
    ["all text, careful", "name,city\na,x\r\nname,city\nc,y\n"],
    ["all text, Latin-1", Buffer.from("n\xe4me,city\na,x\nn\xe4me,city\nc,y\n", "latin1")],
    ["numbers", "id,city\n1,x\nid,city\n2,y\n"],
  ])("a header in the middle goes to quarantine with that reason: %s", async (_, content) => {
    expect(await load("t.csv", content)).toMatchObject({ quarantined: 1, rows: { length: 2 } });
    expect(await lab.rows("SELECT record, reason FROM quarantine.t")).toEqual([["2", "the header again, not a row"]]);
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

describe("what a later file writes otherwise", () => {
  /** What becomes of values in a column whose type the first file gave: the rows loaded, and the values kept out. */
  async function later(first: string, values: string[]) {
    await load("t.csv", `id,v\n0,${first}\n`);
    lab.write("t2.csv", `id,v\n${values.map((value, i) => `${i + 1},${value}\n`).join("")}`);
    const [file] = (await lab.ingest()).files;
    expect(file?.rowsRead).toBe((file?.rowsLoaded ?? 0) + (file?.rowsQuarantined ?? 0));
    const kept = await lab.rows("SELECT v FROM raw.t WHERE id > 0 ORDER BY id");
    const out =
      (file?.rowsQuarantined ?? 0) > 0 ? await lab.rows("SELECT row_text FROM quarantine.t ORDER BY record") : [];
    return { kept: kept.flat(), out: out.map(([text]) => text?.split(",")[1]) };
  }

  it.each<[string, string, string[], string[], string[]]>([
    ["codes with zeros in front", "12", ["0012", "13", "+14"], ["13", "14"], ["0012"]],
    ["numbers as Excel shows them", "4006381333931", ["4.00638E+12", "5", "1e3"], ["5", "1000"], ["4.00638E+12"]],
    [
      "whole numbers that a double would round",
      "1",
      ["9007199254740993", "9223372036854775808"],
      ["9007199254740993"],
      ["9223372036854775808"],
    ],
    [
      "long whole numbers among fractions",
      "1.5",
      ["9007199254740993", "2.5", "1e300"],
      ["2.5", "1e+300"],
      ["9007199254740993"],
    ],
    [
      "offsets",
      "2024-01-02 10:00:00",
      ["2024-01-02 10:00:00+05", "2024-01-02 10:00+02:00", "2024-01-02 11:00:00"],
      ["2024-01-02 11:00:00"],
      ["2024-01-02 10:00:00+05", "2024-01-02 10:00+02:00"],
    ],
    [
      "nanoseconds",
      "2024-01-02 10:00:00",
      ["2024-01-02 10:00:00.123456789", "2024-01-02 10:00:00.123456000"],
      ["2024-01-02 10:00:00.123456"],
      ["2024-01-02 10:00:00.123456789"],
    ],
  ])("%s: what cannot be kept goes to quarantine", async (_, first, values, kept, out) => {
    expect(await later(first, values)).toEqual({ kept, out });
  });

  it("zeros in front are nothing where a person declared a number; lost digits are", async () => {
    lab.sources = [source("t", { path: ["*"], columns: columns({ id: "BIGINT", v: "BIGINT" }) })];
    lab.write("t.csv", "id,v\n1,0012\n2,7\n3,4006381000000\n4,9007199254740993\n");
    lab.write("t2.csv", "id,v\n5,4.00638E+12\n6,8\n");
    await lab.ingest();
    const kept = [["12"], ["7"], ["4006381000000"], ["9007199254740993"], ["8"]];
    expect(await lab.rows("SELECT v FROM raw.t ORDER BY id")).toEqual(kept);
    expect(await lab.rows("SELECT reason FROM quarantine.t")).toEqual([
      ['value "4.00638E+12" is rather a code than a whole number (BIGINT)'],
    ]);
  });

  it("very long whole numbers keep every digit, and are not rounded", async () => {
    const digits = "170141183460469231731687303715884105727";
    lab.sources = [source("t", { path: ["*"], columns: columns({ id: "BIGINT", v: "HUGEINT" }) })];
    lab.write("t.csv", `id,v\n1,${digits}\n2,1.5\n3,0012\n4,\n`);
    await lab.ingest();
    expect(await lab.rows("SELECT id, v FROM raw.t ORDER BY id")).toEqual([
      ["1", digits],
      ["3", "12"],
      ["4", null],
    ]);
    expect(await lab.rows("SELECT record FROM quarantine.t")).toEqual([["2"]]);
  });

  it("a code as Excel shows it stays as it came", async () => {
    expect(await load("t.csv", "ean,n\n4.00638E+12,1\n4006381333931,2\n")).toEqual({
      rows: [
        ["4.00638E+12", "1"],
        ["4006381333931", "2"],
      ],
      quarantined: 0,
    });
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

  it("with two values for one key goes to quarantine, and without any key has no column", async () => {
    expect(await load("t.ndjson", '{"a":1}\n{"a":2,"a":3}\n', "json")).toEqual({ rows: [["1"]], quarantined: 1 });
    lab.write("u.ndjson", "{}\n{}\n");
    expect((await lab.ingest()).files).toMatchObject([{ rowsLoaded: 2, addedColumns: [] }]);
  });

  it("with its records in a list inside is told so, and read from there when lab.yml says where", async () => {
    const page = '{"meta":{"n":2},"data":{"items":[{"a":1},{"a":2,"b":[1]}]},"more":[1]}';
    await load("t.json", page, "json");
    const notes = lab.events.flatMap((event) => (event.type === "note" ? [event.text] : []));
    expect(notes).toEqual([expect.stringContaining("`records: data.items`")]);
    lab.sources = [source("u", { path: ["u*"], format: "json", records: "data.items" })];
    lab.write("u1.json", page);
    lab.write("u2.json", JSON.stringify({ data: { items: [{ a: 3 }, 7] } }, null, 2));
    lab.write("u3.json", '{"data":{"rows":[{"a":3}]}}');
    lab.write("u4.json", page.slice(0, 40));
    const { files } = await lab.ingest();
    expect(files.map(({ rowsRead, rowsLoaded, error }) => [rowsRead, rowsLoaded, error?.code])).toEqual([
      [2, 2, undefined],
      [2, 1, undefined],
      [0, 0, "ING-019"],
      [0, 0, "ING-019"],
    ]);
    expect(files[2]?.error?.message).toContain("no list at `data.items`; it has lists at `data.rows`");
    expect(await lab.rows("SELECT a FROM raw.u ORDER BY a")).toEqual([["1"], ["2"], ["3"]]);
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

it("says with a word of it that a file was taken for Latin-1, once and only when nobody said so", async () => {
  const told = () => lab.events.flatMap((event) => (event.type === "note" ? [event.text] : []));
  lab.write("t1.csv", Buffer.from("id,town\n1,x\n2,\u00a3\u00f3d\u00bc\n", "latin1"));
  lab.sources = [source("t")];
  await lab.ingest();
  expect(told()).toEqual([expect.stringContaining("`£ód¼`")]);
  lab.write("t2.csv", Buffer.from("id,town\n3,K\u00f6ln\n", "latin1"));
  lab.write("u.csv", Buffer.from("id,town\n3,K\u00f6ln\n", "latin1"));
  lab.sources = [source("t"), source("u", { dialect: { encoding: "latin-1" } })];
  await lab.ingest();
  expect(told()).toHaveLength(1);
});
