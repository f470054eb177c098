/** Height of a row of a long table, in pixels. */
export const rowHeight = 29;
/** Browsers stop at about 16 to 33 million pixels; beyond this a pixel stands for more than one of a row. */
export const tallest = 8_000_000;
/** Rows above and below those in sight. */
const more = 10;

export interface Window {
  /** Rows `first` up to, not including, `last` are drawn. */
  first: number;
  last: number;
  /** Empty pixels above and below them. */
  above: number;
  below: number;
}

/** Which of `total` rows are in sight when a box of a height is scrolled to `top`. */
export function placeOf(top: number, height: number, total: number): Window {
  const whole = Math.min(total * rowHeight, tallest);
  const inSight = Math.ceil(height / rowHeight);
  const end = Math.max(0, whole - height);
  const scrolled = Math.min(Math.max(top, 0), end);
  // Both ends fit exactly; between them rows pass by faster than the bar moves.
  const exact = end === 0 ? 0 : (scrolled / end) * Math.max(0, total * rowHeight - height);
  const at = Math.min(Math.floor(exact / rowHeight), Math.max(0, total - inSight));
  const first = Math.max(0, at - more);
  const last = Math.min(total, at + inSight + more);
  const above = Math.max(0, scrolled - (exact - first * rowHeight));
  return { first, last, above, below: Math.max(0, whole - above - (last - first) * rowHeight) };
}
