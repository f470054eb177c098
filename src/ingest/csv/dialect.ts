/** How a delimited text is written. */
export interface Dialect {
  /** One to four characters. */
  delimiter: string;
  /** Empty: quotes have no meaning. */
  quote: string;
  /** What makes a quote inside quotes literal; usually the quote itself. */
  escape: string;
}

export const defaultDialect: Dialect = { delimiter: ",", quote: '"', escape: '"' };
