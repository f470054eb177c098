import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Dialect } from "./dialect.ts";
import { RecordCounter } from "./record-counter.ts";

const anything = fc
  .array(fc.constantFrom(..."a,;\"'\n\r\\ é".split(""), "\r\n", '""', ',"', '",', "ab"), { maxLength: 40 })
  .map((parts) => parts.join(""));

/** Records as a program writes them, some of them empty, short, or with a field too many; now and then a stray mark. */
const field = fc.constantFrom(
  "",
  "a",
  "Müller",
  "12.50",
  '""',
  '"x, y"',
  '"two\nlines"',
  '"said ""so"""',
  `"${"long ".repeat(30)}"`,
);
const line = fc.array(field, { maxLength: 5 }).map((fields) => fields.join(","));
const stray = fc.constantFrom('a"b,c', "old\rmac", '"open\r', "'q',");
const written = fc
  .tuple(
    fc.array(fc.oneof({ weight: 12, arbitrary: line }, { weight: 1, arbitrary: stray }), { maxLength: 60 }),
    fc.constantFrom("\n", "\r\n"),
    fc.boolean(),
  )
  .map(([lines, end, last]) => lines.join(end) + (last ? end : ""));

function counted(how: Dialect, blank: boolean, pieces: Buffer[], ways: { careful?: boolean; worthIt?: number }) {
  const counter = new RecordCounter(how, blank, ways);
  for (const piece of pieces) counter.push(piece);
  counter.end();
  const { records, blankLines, endsWithLineEnd, openQuote, trailing, oddEscapes } = counter;
  return { records, blankLines, endsWithLineEnd, openQuote, trailing, oddEscapes };
}

describe("counting records", () => {
  it("comes to the same by all ways, wherever the text is cut into pieces", () => {
    const dialect = fc.record({
      delimiter: fc.constantFrom(",", ";"),
      quote: fc.constantFrom('"', "'", ""),
    });
    const cuts = fc.array(fc.nat(3000), { maxLength: 4 });
    fc.assert(
      fc.property(fc.oneof(anything, written), dialect, fc.boolean(), cuts, (text, kind, blank, some) => {
        const how = { ...kind, escape: kind.quote };
        const bytes = Buffer.from(text);
        const places = [0, ...some.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
        const pieces = places.slice(1).map((place, n) => bytes.subarray(places[n], place));
        const careful = counted(how, blank, pieces, { careful: true });
        expect(counted(how, blank, pieces, { worthIt: Number.POSITIVE_INFINITY })).toEqual(careful);
        expect(counted(how, blank, pieces, { worthIt: 0 })).toEqual(careful);
      }),
      { numRuns: 4000 },
    );
  });

  it("goes on after a field of more bytes than are looked at twice, and after many stray quotes", () => {
    const long = `"${"x\n".repeat(200_000)}"`;
    const text = `"${"a line\n".repeat(40)}"`;
    const rows = Array.from(
      { length: 5000 },
      (_, i) => (i === 50 ? long : i % 30 === 7 ? text : i > 2500 && i % 3 === 0 ? 'a"b' : "c") + ",1,",
    );
    const bytes = Buffer.from(`h,i\n${rows.join("\n")}\n`);
    const pieces = Array.from({ length: Math.ceil(bytes.length / 20_000) }, (_, i) =>
      bytes.subarray(i * 20_000, (i + 1) * 20_000),
    );
    const how = { delimiter: ",", quote: '"', escape: '"' };
    const answer = counted(how, false, pieces, {});
    expect(answer).toEqual(counted(how, false, pieces, { careful: true }));
    expect(answer).toMatchObject({ records: 5001, trailing: 5000 });
  });
});
