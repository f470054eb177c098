/** A number that a double would change: its text is kept. */
export class NumberText {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
  /** Written again as it came. */
  toJSON(): unknown {
    return (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(this.text);
  }
}

/** Whole numbers of sixteen digits and exponents of three: only then can a number lose something (or it stands in a text). */
const mayLose = /(?<![0-9.])[0-9]{16,}(?![0-9.])|[0-9][eE]\+?[0-9]{3,}/;

type SourceReviver = (key: string, value: unknown, context: { source?: string }) => unknown;

/** Parses JSON without rounding: a number that does not survive as a double becomes a {@link NumberText}. */
export function parseRecord(text: string): unknown {
  if (!mayLose.test(text)) return JSON.parse(text);
  const reviver: SourceReviver = (_, value, context) =>
    typeof value === "number" && context.source !== undefined && loses(value, context.source)
      ? new NumberText(context.source)
      : value;
  return JSON.parse(text, reviver as (key: string, value: unknown) => unknown);
}

/** Integers are exact up to 2^53; a fraction loses only when it was written with more digits than a double keeps. */
function loses(value: number, source: string): boolean {
  if (!Number.isFinite(value)) return true;
  if (/^-?[0-9]+$/.test(source)) return !Number.isSafeInteger(value);
  return false;
}
