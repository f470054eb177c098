/** The order of {@link byCodePoint} for texts of which all are known: the engine's own comparison where it is the same. */
export function codePointOrder(texts: readonly string[]): (a: string, b: string) => number {
  const beyond = /[\ud800-\uffff]/;
  return texts.some((text) => beyond.test(text)) ? byCodePoint : (a, b) => (a < b ? -1 : a > b ? 1 : 0);
}

/** Python's order of strings: by code point, where JavaScript compares UTF-16 units. */
export function byCodePoint(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    const xHigh = x >= 0xd800 && x <= 0xdfff;
    const yHigh = y >= 0xd800 && y <= 0xdfff;
    return xHigh === yHigh ? x - y : xHigh ? 1 : -1;
  }
  return a.length - b.length;
}
