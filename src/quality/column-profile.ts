/** A value and the rows that have it. */
export interface TopValue {
  /** As text, cut after 200 characters. */
  value: string;
  rows: number;
}

/** Rows whose value is from `from` up to `to`; up to and including it in the last bin, and in bins of whole numbers. */
export interface Bin {
  from: string;
  to: string;
  rows: number;
}

/** How the values of a column are spread. Fields that make no sense for its type are missing. */
export interface ColumnShape {
  /** The most frequent values, first of equals the least; without it every value is there once. */
  topValues?: TopValue[];
  /** Of numbers: equal steps; of dates and times: calendar units, without those before the first and after the last. */
  histogram?: Bin[];
  /** Of text: `A` and `a` stand for letters, `9` for digits; `a+` for a run of them when there are many patterns. */
  patterns?: TopValue[];
  /** Of text: rows by number of characters. */
  lengths?: Bin[];
}

/** What one scan tells about a column. Fields that make no sense for its type are missing. */
export interface ColumnProfile extends ColumnShape {
  name: string;
  /** Rows of the table that are not null here. */
  rows: number;
  /** DuckDB's own spelling. */
  type: string;
  nullable: boolean;
  nulls: number;
  /** Nulls among all rows, 0 to 1; 0 without rows. */
  nullShare: number;
  /** Different values that are not null. */
  distinct: number;
  /** False when `distinct` is an estimate (HyperLogLog, some per cent off). */
  distinctExact: boolean;
  /** Least and greatest value as text, cut after 1,000 characters; null without values. */
  min: string | null;
  max: string | null;
  /** Of numbers: of the finite values. */
  average?: number | null;
  standardDeviation?: number | null;
  zeros?: number;
  negatives?: number;
  /** Of floats: NaN and infinite values. */
  notFinite?: number;
  /** Of text: characters. */
  minLength?: number | null;
  maxLength?: number | null;
  averageLength?: number | null;
  /** Of text: `''`, not null. */
  emptyTexts?: number;
  /** Of numbers, dates and times: values that such a share of the values does not exceed; of finite ones. Null without any. */
  quantiles?: { share: number; value: string }[] | null;
  /** Of numbers: the least and the greatest finite value, in full. */
  finiteMin?: string | null;
  finiteMax?: string | null;
  /** Of dates and times: the first and the last plausible one in milliseconds since 1970, without a zone. */
  firstMoment?: number | null;
  lastMoment?: number | null;
  /** Of dates and times: rows of the last days, see {@link ProfileRequest.since}. */
  recent?: number;
}
