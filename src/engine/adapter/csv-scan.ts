/**
 * CSV as Python's `csv.reader` reads it (dialect excel): quotes count at the start of a field only, `""` inside of quotes is a quote,
 * text behind a closing quote belongs to the field. Works on positions, so that only the fields somebody wants become strings.
 */
export class CsvScanner {
  readonly text: string;
  readonly #delimiter: number;
  /** Where the next record begins. */
  position = 0;
  /** Fields of the record read last. */
  count = 0;
  #starts: number[] = [];
  #ends: number[] = [];
  #quoted: boolean[] = [];

  constructor(text: string, delimiter: string) {
    this.text = text;
    this.#delimiter = delimiter.charCodeAt(0);
  }

  /** Reads the next record; false at the end. A blank line is a record without fields. */
  next(): boolean {
    const { text } = this;
    const size = text.length;
    let i = this.position;
    if (i >= size) return false;
    this.count = 0;
    if (text.charCodeAt(i) === newline) {
      this.position = i + 1;
      return true;
    }
    for (;;) {
      const start = i;
      const quoted = text.charCodeAt(i) === quote;
      if (quoted) i = closingQuote(text, i + 1);
      while (i < size) {
        const code = text.charCodeAt(i);
        if (code === this.#delimiter || code === newline) break;
        i++;
      }
      this.#starts[this.count] = start;
      this.#ends[this.count] = i;
      this.#quoted[this.count] = quoted;
      this.count++;
      if (i >= size || text.charCodeAt(i) === newline) break;
      i++;
      if (i >= size) {
        // a delimiter as the file's last character: one more, empty field
        this.#starts[this.count] = size;
        this.#ends[this.count] = size;
        this.#quoted[this.count] = false;
        this.count++;
        break;
      }
    }
    this.position = i + 1;
    return true;
  }

  /** A field of the record read last. */
  field(i: number): string {
    const raw = this.text.slice(this.#starts[i], this.#ends[i]);
    return this.#quoted[i] ? unquote(raw) : raw;
  }
  /** All fields of the record read last. */
  fields(): string[] {
    return Array.from({ length: this.count }, (_, i) => this.field(i));
  }
  /** The record that begins at a position. */
  recordAt(position: number): string[] {
    this.position = position;
    return this.next() ? this.fields() : [];
  }
}

const newline = 10;
const quote = 34;

/** Position behind the quote that closes a field, or the end of the text. */
function closingQuote(text: string, from: number): number {
  let i = from;
  for (;;) {
    i = text.indexOf('"', i);
    if (i < 0) return text.length;
    if (text.charCodeAt(i + 1) !== quote) return i + 1;
    i += 2;
  }
}

function unquote(raw: string): string {
  const close = closingQuote(raw, 1);
  const closed = raw.charCodeAt(close - 1) === quote && close > 1;
  const inside = raw.slice(1, closed ? close - 1 : raw.length).replaceAll('""', '"');
  return closed ? inside + raw.slice(close) : inside;
}
