import { describe, expect, it } from "vitest";
import { textOf, viewOf, zoomed } from "./view.ts";

const box = { width: 800, height: 400 };

describe("a view in the address", () => {
  it("shows the same point in the middle, whatever size the box has", () => {
    const view = { x: -100, y: 40, scale: 0.5 };
    const text = textOf(view, box);
    expect(viewOf(text, box)).toEqual(view);
    const small = { width: 390, height: 300 };
    expect(textOf(viewOf(text, small) ?? view, small)).toBe(text);
  });

  it("is none when it is broken, or no size that a drawing may have", () => {
    for (const text of ["", "1,2", "a,b,c", "1,2,0", "1,2,-1", "1,2,99", "NaN,1,1", "1,Infinity,1"])
      expect([text, viewOf(text, box)]).toEqual([text, undefined]);
  });

  it("keeps the point that is zoomed at, and stays within its limits", () => {
    const at = zoomed({ x: 10, y: 20, scale: 1 }, 2, 110, 220);
    // 100 and 200 of the drawing were there before.
    expect([at.x + 100 * at.scale, at.y + 200 * at.scale]).toEqual([110, 220]);
    expect(zoomed(at, 1e9, 0, 0).scale).toBe(2.5);
    expect(zoomed(at, 1e-9, 0, 0).scale).toBe(0.04);
  });
});
