/** DuckDB's spellings of types by what can be said about their values. */
export const isFloat = (type: string): boolean => type === "FLOAT" || type === "DOUBLE";
export const isWhole = (type: string): boolean => /^(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER)$/.test(type);
export const isNumber = (type: string): boolean =>
  isFloat(type) || isWhole(type) || type === "BIGNUM" || /^DECIMAL\(\d+,\d+\)$/.test(type);
export const isText = (type: string): boolean => type === "VARCHAR" || type === "JSON";
