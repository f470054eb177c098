import { expect, it } from "vitest";
import { ignoreSpec } from "./ignore.ts";

it.each<[string, string, boolean]>([
  ["*.sql", "models/a/x.sql", true],
  ["/x.sql", "models/x.sql", false],
  ["models/tmp", "models/tmp/deep/x.sql", true],
  ["tmp/", "models/tmp/x.sql", true],
  ["tmp/", "models/tmp", false],
  ["models/**/x.sql", "models/x.sql", true],
  ["models/**/x.sql", "models/a/b/x.sql", true],
  ["models/*", "models/a/b.sql", true],
  ["m?dels/[ab].sql", "models/b.sql", true],
  ["m?dels/[!ab].sql", "models/b.sql", false],
  ["# models", "models/x.sql", false],
  ["\\#x", "#x", true],
  ["**/", "a/b", true],
  ["**/", "a", false],
  ["*.sql\n!keep.sql", "models/keep.sql", false],
  ["!keep.sql\n*.sql", "models/keep.sql", true],
  ["a**b", "axxb", true],
])("%j on %s", (pattern, path, ignored) => {
  expect(ignoreSpec(pattern)?.(path) ?? false).toBe(ignored);
});

it("has nothing to ask when the file says nothing", () => {
  expect(ignoreSpec("\n# only a comment\n")).toBeUndefined();
});
