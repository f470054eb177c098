import type { Random } from "./random.ts";

/** Rates of `--dirty`, in rows of a thousand. The same for every data set. */
export const dirtRates = {
  /** The row comes twice, word for word. */
  duplicate: 10,
  /** One of the fields that may be missing is empty. */
  missing: 20,
  /** One number or date is a text that is none. */
  wrongType: 5,
  /** The row's date lies one to four months before its neighbours'. */
  late: 10,
} as const;

const notNumbers = ["n/a", "unknown", "12.5O", "-", "see note", "#REF!"];

/** Which defects the next row has. Always draws the same number of random numbers, so that the rest stays the same. */
export interface Dirt {
  duplicate: boolean;
  /** Field index to empty, or -1. */
  missing: number;
  /** Field index to spoil, or -1. */
  wrongType: number;
  wrongText: string;
  /** Days that the row is late. */
  late: number;
}

export function drawDirt(random: Random, optional: number[], typed: number[]): Dirt {
  const [duplicate, missing, wrongType, late] = [
    random.chance(dirtRates.duplicate),
    random.chance(dirtRates.missing),
    random.chance(dirtRates.wrongType),
    random.chance(dirtRates.late),
  ];
  const [empty, spoilt, text, days] = [
    random.pick(optional),
    random.pick(typed),
    random.pick(notNumbers),
    random.between(30, 120),
  ];
  return {
    duplicate,
    missing: missing ? empty : -1,
    wrongType: wrongType ? spoilt : -1,
    wrongText: text,
    late: late ? days : 0,
  };
}

/** Applies the defects of single fields to a row. */
export function spoil(fields: string[], dirt: Dirt | undefined): string[] {
  if (!dirt) return fields;
  if (dirt.missing >= 0) fields[dirt.missing] = "";
  if (dirt.wrongType >= 0) fields[dirt.wrongType] = dirt.wrongText;
  return fields;
}
