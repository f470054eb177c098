/**
 * A number with its thousands apart: `1,234,567.5`. For numbers that print without an exponent.
 * By hand, since `Intl` reads its tables first, which takes longer than reading a small workspace.
 */
export function thousands(value: number | bigint): string {
  const [whole = "", fraction] = String(value).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

/** A count with its noun: `1 row`, `2,823 rows`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${thousands(count)} ${count === 1 ? one : many}`;
}
