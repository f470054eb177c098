import { describe, expect, it } from "vitest";
import { openRegistry } from "./workspace.ts";
import { temporaryWorkspace } from "./testing/temporary.ts";

const quality = (workspace: string | undefined, lab: string) =>
  openRegistry(
    temporaryWorkspace("labs: {shop: {}}\n", {
      ...(workspace !== undefined && { "shared/config/quality.yml": workspace }),
      "shop/lab.yml": lab,
    }),
  ).lab("shop").config.quality;

describe("quality settings", () => {
  it("of a lab stand over those of its workspace, key by key", () => {
    expect(
      quality(
        "weights: {volume: 0, validity: 50}\nlayers: {gold: 5}\nminimum_score: 80\nfreshness: {every: 1 day}\n",
        "quality: {weights: {validity: 40}, layers: {silver: 1}, freshness: {stale: blocking}, tables: {gold.x: {weight: 2}}}\n",
      ),
    ).toEqual({
      weights: { volume: 0, validity: 40 },
      layers: { gold: 5, silver: 1 },
      minimum_score: 80,
      freshness: { every: "1 day", stale: "blocking" },
      tables: { "gold.x": { weight: 2 } },
    });
    expect(quality("minimum_score: 80\n", "")).toEqual({ minimum_score: 80 });
    expect(quality("", "quality: {anomalies: off}\n".replace("off", '"off"'))).toEqual({ anomalies: "off" });
    expect(quality(undefined, "")).toEqual({});
  });

  const zero = "{completeness: 0, uniqueness: 0, validity: 0, freshness: 0, consistency: 0, volume: 0}";
  it.each([
    ["wieghts: {}\n", "", /`wieghts` is not a key/, { line: 1, column: 1 }],
    ["weights:\n  volum: 1\n", "", /`volum` is not a key under weights/, { line: 2, column: 3 }],
    ["weights: {volume: -1}\n", "", /at least 0/, { line: 1, column: 11 }],
    ["tables: {}\n", "", /`tables` is not a key/, { line: 1, column: 1 }],
    [`weights: ${zero}\n`, "", /All weights are 0/, { line: 1, column: 1 }],
    ["", `quality:\n  tables:\n    a.b:\n      weights: ${zero}\n`, /All weights are 0/, { line: 4, column: 7 }],
    ["", "quality: {anomalies: silent}\n", /one of warn, blocking, off/, { line: 1, column: 11 }],
    ["", "quality: {freshness: {every: daily}}\n", /a time such as/, { line: 1, column: 23 }],
  ])("refuse %j %j with the place", (workspace, lab, message, place) => {
    expect(() => quality(workspace, lab)).toThrow(message);
    try {
      quality(workspace, lab);
    } catch (error) {
      expect(error).toMatchObject({ exit: 2, place });
    }
  });
});
