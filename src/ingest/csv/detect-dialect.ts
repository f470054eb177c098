import { type Dialect, defaultDialect } from "./dialect.ts";
import { parseRecords } from "./records.ts";

const delimiters = [",", ";", "\t", "|", ":", "^", "~", "\u001f"];

interface Candidate {
  dialect: Dialect;
  score: number;
}

/**
 * The dialect of a text from its beginning. What is `given` is not guessed.
 * Every candidate reads the sample; the one under which most records have as many fields as the header wins,
 * and a tie goes to the more usual one. `complete` says that the sample is the whole text.
 */
export function detectDialect(sample: string, given: Partial<Dialect> = {}, complete = false): Dialect {
  const quotes = given.quote === undefined ? ['"', "'"] : [given.quote];
  let best: Candidate | undefined;
  for (const quote of quotes) {
    // A quote character that never stands at a field's edge quotes nothing: trying it would only add ties.
    if (given.quote === undefined && quote !== '"' && !quotesFields(sample, quote)) continue;
    for (const escape of escapesFor(sample, quote, given.escape)) {
      for (const delimiter of given.delimiter === undefined ? delimiters : [given.delimiter]) {
        if (given.delimiter === undefined && delimiter !== "," && !sample.includes(delimiter)) continue;
        const dialect = { delimiter, quote, escape };
        const score = consistency(sample, dialect, complete);
        if (best === undefined || score > best.score + 1e-9) best = { dialect, score };
      }
    }
  }
  return best?.dialect ?? { ...defaultDialect, ...given };
}

function quotesFields(sample: string, quote: string): boolean {
  const text = `\n${sample}\n`;
  const edge = "[,;\\t|:^~\\u001f\\r\\n]";
  return new RegExp(`${edge}${quote}[^${quote}]*${quote}(?=${edge})`).test(text);
}

function escapesFor(sample: string, quote: string, given: string | undefined): string[] {
  if (given !== undefined) return [given];
  if (quote === "") return [""];
  return sample.includes(`\\${quote}`) ? [quote, "\\"] : [quote];
}

/** 0 to about 2: share of records as wide as the header, weighted so that more columns beat one, less malformed quotes. */
function consistency(sample: string, dialect: Dialect, complete: boolean): number {
  const records = parseRecords(sample, dialect, 2_000);
  // The last record of a cut sample is usually a torso.
  if (!complete && records.length > 2) records.pop();
  const header = records[0];
  if (!header) return 0;
  const width = header.fields.length;
  let same = 0;
  let bad = 0;
  let kept = 0;
  for (const record of records) {
    if (record.fields.length === width) same++;
    if (record.problem) bad++;
    for (const field of record.fields) {
      // Quotes left at both ends of a value mean that this candidate did not understand them.
      if (field.length > 1 && (field[0] === '"' || field[0] === "'") && field.at(-1) === field[0]) kept++;
    }
  }
  const total = records.length;
  if (width === 1) return 0.1 * (1 - bad / total);
  return same / total - bad / total - kept / (total * width) + Math.min(width, 50) / 1000;
}
