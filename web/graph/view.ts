/** How the drawing lies in its box: its corner in pixels of the box, and how large it is. */
export interface View {
  x: number;
  y: number;
  scale: number;
}
export interface Size {
  width: number;
  height: number;
}

const least = 0.04;
const most = 2.5;

/** What the address says of a view: the point of the drawing in the middle, and how large. Undefined for what is none. */
export function viewOf(text: string, box: Size): View | undefined {
  const [x, y, scale] = text.split(",").map(Number);
  if (x === undefined || y === undefined || scale === undefined) return undefined;
  if (![x, y, scale].every(Number.isFinite) || scale < least || scale > most) return undefined;
  return { x: box.width / 2 - x * scale, y: box.height / 2 - y * scale, scale };
}

/** The same place whatever size the box of the next reader has. */
export function textOf({ x, y, scale }: View, box: Size): string {
  const at = (from: number, size: number) => Math.round((size / 2 - from) / scale);
  return `${at(x, box.width)},${at(y, box.height)},${Number(scale.toFixed(3))}`;
}

/** Larger or smaller around a point of the box. */
export function zoomed(view: View, by: number, x: number, y: number): View {
  const scale = Math.min(most, Math.max(least, view.scale * by));
  const ratio = scale / view.scale;
  return { scale, x: x - (x - view.x) * ratio, y: y - (y - view.y) * ratio };
}

/** The whole drawing in the box, not larger than it is. */
export function fitted(drawing: Size, box: Size): View {
  const scale = Math.min(1, box.width / drawing.width, box.height / drawing.height);
  return {
    scale,
    x: (box.width - drawing.width * scale) / 2,
    y: Math.max(0, (box.height - drawing.height * scale) / 2),
  };
}
