import { expect, test } from "vitest";
import { globMatcher } from "./fnmatch.ts";
import { parseCriterion, parseSelection } from "./spec.ts";

test.each([
  ["orders", { method: "fqn", value: "orders", parents: false, children: false }],
  ["+orders", { parents: true, parentsDepth: undefined }],
  ["2+orders+10", { parents: true, parentsDepth: 2, children: true, childrenDepth: 10, value: "orders" }],
  ["0+orders", { parents: true, parentsDepth: 0 }],
  ["@orders", { childrensParents: true, value: "orders" }],
  ["models/gold", { method: "path" }],
  ["orders.SQL", { method: "file", value: "orders.SQL" }],
  ["config.meta.owner:amy", { method: "config", methodArguments: ["meta", "owner"], value: "amy" }],
  ["fqn:a:b", { method: "fqn", value: "a:b" }],
  ["a+b", { method: "fqn", value: "a+b", children: false }],
])("%s", (raw, parts) => {
  expect(parseCriterion(raw, "eager")).toMatchObject(parts);
});

test.each([
  ["nonsense:x", /'nonsense' is not a valid method name/],
  ["@a+", /"@" prefix and "\+" suffix are incompatible/],
  ["a\nb", /Invalid selector spec/],
])("%s is refused", (raw, message) => {
  expect(() => parseCriterion(raw, "eager")).toThrow(message);
});

test("spaces unite, commas intersect, exclude is taken away", () => {
  const spec = parseSelection(["a b,c", "d"], ["e"], "cautious");
  expect(spec.kind).toBe("difference");
  const [included, excluded] = spec.components;
  expect(included).toMatchObject({ kind: "union", indirectSelection: "cautious" });
  expect(included?.kind === "union" && included.components.map((part) => part.raw)).toEqual(["a", "b,c", "d"]);
  expect(excluded?.kind === "union" && excluded.components.length).toBe(1);
});

test.each([
  ["stg_*", "stg_orders", true],
  ["stg_?", "stg_ab", false],
  ["[ab]x", "bx", true],
  ["[!ab]x", "bx", false],
  ["[a-c-]", "-", true],
  ["[]]", "]", true],
  ["[z-a]", "m", false],
  ["[", "[", true],
  ["*a*b", "xaxxb", true],
  ["A", "a", false],
  ["?", "😀", true],
])("%s against %s: %s", (pattern, text, expected) => {
  expect(globMatcher(pattern)(text)).toBe(expected);
});
