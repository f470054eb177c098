import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RecordCounter } from "./scan.ts";

const text = fc.array(fc.constantFrom(..."a,;\"'\n\r\\ é".split(""), "\r\n", '""', ',"', '",', "ab"), {
  maxLength: 40,
});

describe("counting records", () => {
  it("comes to the same by the quick way and byte by byte, wherever the text is cut into pieces", () => {
    const dialect = fc.record({
      delimiter: fc.constantFrom(",", ";"),
      quote: fc.constantFrom('"', "'", ""),
    });
    fc.assert(
      fc.property(text, dialect, fc.boolean(), fc.array(fc.nat(30), { maxLength: 4 }), (parts, how, blank, cuts) => {
        const bytes = Buffer.from(parts.join(""));
        const counted = (careful: boolean) => {
          const counter = new RecordCounter({ ...how, escape: how.quote }, blank, careful);
          const places = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b), bytes.length];
          for (const [n, place] of places.entries()) if (n > 0) counter.push(bytes.subarray(places[n - 1], place));
          counter.end();
          const { records, blankLines, endsWithLineEnd, openQuote, trailing, oddEscapes } = counter;
          return { records, blankLines, endsWithLineEnd, openQuote, trailing, oddEscapes };
        };
        expect(counted(false)).toEqual(counted(true));
      }),
      { numRuns: 3000 },
    );
  });
});
