import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { source, TestLab } from "../testing/lab.ts";

let lab: TestLab;
beforeEach(async () => {
  lab = await new TestLab().open();
});
afterEach(async () => {
  await lab.close();
});

async function load(content: Buffer, encoding: "utf-8" | "latin-1" = "utf-8") {
  lab.sources = [source("t", { dialect: { encoding } })];
  lab.write("t.csv", content);
  const [file] = (await lab.ingest()).files;
  return file?.error?.code ?? (await lab.rows("SELECT name FROM raw.t ORDER BY id")).flat();
}
const csv = (...names: Buffer[]) =>
  Buffer.concat([
    Buffer.from("id,name\n"),
    ...names.map((name, i) => Buffer.concat([Buffer.from(`${i + 1},`), name, Buffer.from("\n")])),
  ]);

describe("encodings", () => {
  it("reads Latin-1 in which letters stand alone, capitals and quotation marks included", async () => {
    const names = ["Müller", "Çelik & Søn", "ÅÄÖ", "naïve façade", "10 £", "señor"];
    expect(await load(csv(...names.map((name) => Buffer.from(name, "latin1"))))).toEqual(names);
  });

  it.each([
    ["Windows-1251", csv(Buffer.from("cff0e8e2e5f2", "hex"), Buffer.from("ece8f0", "hex"))],
    ["Shift-JIS", csv(Buffer.from("82b182f182c982bf82cd", "hex"))],
    ["Greek", csv(Buffer.from("cae1ebe7ecddf1e1", "hex"))],
    [
      "UTF-32",
      Buffer.concat([
        Buffer.from("fffe0000", "hex"),
        ...[..."id\n1\n"].map((char) => Buffer.from([char.charCodeAt(0), 0, 0, 0])),
      ]),
    ],
  ])("refuses %s with a hint instead of loading wrong letters", async (_, content) => {
    expect(await load(content)).toBe("ING-003");
  });

  it("reads as Latin-1 whatever lab.yml calls Latin-1", async () => {
    expect(await load(csv(Buffer.from("cff0e8e2e5f2", "hex")), "latin-1")).toEqual(["Ïðèâåò"]);
  });
});
