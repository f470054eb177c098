import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { columns, source, TestLab } from "../testing/lab.ts";

let lab: TestLab;
beforeEach(async () => {
  lab = await new TestLab().open();
});
afterEach(async () => {
  await lab.close();
});

async function load(content: string, more: Parameters<typeof source>[1] = {}) {
  lab.sources = [source("t", { path: ["*.csv"], ...more })];
  lab.write("t.csv", content);
  const [file] = (await lab.ingest()).files;
  return file?.error ?? file?.rowsLoaded;
}

const noNames = { code: "ING-004", hint: expect.stringContaining("`header: false`") };

describe("a first line of values", () => {
  it.each([
    ["fractions", "0.57,1.80\n0.73,2.21\n0.11,0.92\n"],
    ["one column", "151\n75\n141\n"],
    ["dates and text", "2024-01-05,Oslo,3\n2024-01-06,Bergen,4\n"],
    ["text and a number", "Bob,London,5\nAnn,Paris,17\n"],
    ["whole numbers", "239,1,12\n240,7,12\n"],
    ["long numbers", "8.379031744168380369e-02,a\n2.077528821676430104e-01,b\n"],
    ["booleans", "true,a\nfalse,b\n"],
    ["the same value twice", "0,0,1\n1,0,3\n"],
  ])("is no header: %s", async (_, content) => {
    expect(await load(content)).toMatchObject(noNames);
    expect(await load(content, { dialect: { encoding: "utf-8", header: false } })).toBe(content.split("\n").length - 1);
  });

  it.each([
    ["years", "country,2022,2023\nNorway,1.5,2.5\nPeru,3.5,1\n"],
    ["positions", "0,1,2\n5,8,1\n9,7,1\n"],
    ["months of a plan", "sku,2024-01-01,2024-02-01\nA1,5,7\nA2,6,9\n"],
    ["an empty corner", ",14.5,16.5\nsmall,1.5,2\nlarge,2,3.5\n"],
    ["text over text", "Bob,London\nAnn,Paris\nEve,Rome\n"],
  ])("may be a header: %s", async (_, content) => {
    expect(await load(content)).toBe(2);
  });

  it("is a header when lab.yml says so", async () => {
    expect(await load("0.57,1.80\n0.73,2.21\n", { dialect: { encoding: "utf-8", header: true } })).toBe(1);
  });

  it("is told from a header that changed", async () => {
    const declared = { columns: columns({ id: "BIGINT", price: "DOUBLE" }) };
    expect(await load("7,1.5\n8,2.5\n", declared)).toMatchObject({ ...noNames, code: "ING-005" });
    expect(await load("7,1.5\n8,2.5\n", { ...declared, dialect: { encoding: "utf-8", header: false } })).toBe(2);
  });

  it("below a line that is no header is named as such", async () => {
    const hint = expect.stringMatching(/Line 2 holds values.*`skip_lines: 1` and `header: false`/);
    expect(await load("150,setosa\n5.1,3.5,0\n4.9,3,1\n")).toMatchObject({ code: "ING-004", hint });
  });
});
