import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RecordSplitter } from "./split-records.ts";

function split(path: string, pieces: string[]) {
  const records: string[] = [];
  const splitter = new RecordSplitter(path, (text) => records.push(text));
  for (const piece of pieces) splitter.push(piece);
  return { records, rest: splitter.rest, complete: splitter.complete, found: splitter.foundList };
}

/** The text cut at the given places. */
function cut(text: string, at: number[]): string[] {
  const places = [...new Set(at.map((n) => n % (text.length + 1)))].sort((a, b) => a - b);
  return [0, ...places].map((from, i) => text.slice(from, places[i] ?? text.length));
}

const value = fc.jsonValue({ maxDepth: 3 });
const key = fc.constantFrom("data", "items", "meta", "x", 'a"b', "é\\", "", "n.m");
const around = fc.dictionary(key, value, { maxKeys: 4 });
const cuts = fc.array(fc.nat(2000), { maxLength: 12 });
const spaces = fc.constantFrom(undefined, 1, "\t");

describe("RecordSplitter", () => {
  it("finds what JSON.parse finds, wherever the text is cut", () => {
    fc.assert(
      fc.property(around, around, fc.array(value, { maxLength: 6 }), cuts, spaces, (outer, inner, items, at, space) => {
        const { data: _data, ...before } = outer;
        const body = { ...before, data: { ...inner, items }, after: inner };
        const text = JSON.stringify(body, null, space);
        const { records, rest, complete, found } = split("data.items", cut(text, at));
        expect([complete, found]).toEqual([true, true]);
        expect(records.map((record) => JSON.parse(record))).toEqual(JSON.parse(JSON.stringify(items)));
        expect(JSON.parse(rest)).toEqual(JSON.parse(JSON.stringify({ ...body, data: { ...inner, items: [] } })));
      }),
      { numRuns: 500 },
    );
  });

  it("finds a list at the top, and leaves anything else alone", () => {
    fc.assert(
      fc.property(value, cuts, spaces, (body, at, space) => {
        const text = JSON.stringify(body, null, space);
        const { records, rest, found } = split(".", cut(text, at));
        const list = Array.isArray(body);
        expect(found).toBe(list);
        expect(list ? records.map((record) => JSON.parse(record)) : JSON.parse(rest)).toEqual(JSON.parse(text));
      }),
      { numRuns: 300 },
    );
  });

  it("knows of every beginning that it is not the whole", () => {
    const text = JSON.stringify({ a: [{ b: "]}" }], data: { items: [{ id: 1, t: 'q"\\' }, [2], 3] }, n: null });
    for (let length = 1; length < text.length; length++) {
      expect(split("data.items", [text.slice(0, length)]).complete).toBe(false);
    }
    expect(split("data.items", [...text])).toMatchObject({
      complete: true,
      records: ['{"id":1,"t":"q\\"\\\\"}', "[2]", "3"],
    });
  });

  it.each([
    ['{"items":{"items":[1]}}', []],
    ['{"x":{"items":[1]},"items":[2]}', ["2"]],
    ['[{"items":[1]}]', []],
    ['{"x":"items","items":[3]}', ["3"]],
    ['{"\\u0069tems":[4]}', ["4"]],
    ['{"items":5,"x":[6]}', []],
    ['{"items":[]}', []],
    ['{"items":[ ]}', []],
    ['{"items":[1,]}', ["1", ""]],
    ['{"items":[,1]}', ["", "1"]],
  ])("takes only the list at the path of %s", (text, records) => {
    expect(split("items", [text]).records).toEqual(records);
  });
});
