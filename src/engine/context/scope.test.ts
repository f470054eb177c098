import { expect, test } from "vitest";
import { RelationClass } from "../adapter/relation-class.ts";
import { memberScope } from "./scope.ts";

/** What every object of JavaScript answers to, and no template may see. */
const inherited = ["constructor", "__proto__", "toString", "valueOf", "hasOwnProperty", "isPrototypeOf"];

test("a scope has its members and nothing that JavaScript adds", () => {
  const scope = memberScope({ ref: "r", later: () => "l" });
  expect([scope.get("ref"), scope.get("later")]).toEqual(["r", "l"]);
  expect(inherited.map((name) => scope.get(name))).toEqual(inherited.map(() => undefined));
});

test("classes that templates see have their constants and nothing that JavaScript adds", () => {
  const relation = new RelationClass();
  expect(relation.getAttr("View")).toBe("view");
  expect(inherited.map((name) => relation.getAttr(name))).toEqual(inherited.map(() => undefined));
});
