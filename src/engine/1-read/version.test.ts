import { expect, it } from "vitest";
import { compatible, parseVersion, satisfies, versionText, type VersionSpec } from "./version.ts";

const v = (text: string): VersionSpec => {
  const spec = parseVersion(text);
  if (!spec) throw new Error(text);
  return spec;
};

it.each<[string, string, boolean]>([
  ["1.12.3", ">=1.6.0", true],
  ["1.12.3", "<1.12.3", false],
  ["1.12.3", "<=1.12.3", true],
  ["1.12.3", "1.12.3", true],
  ["1.12.3", ">1.12.3", false],
  ["1.10.0-b2", ">=1.10.0-b10", true],
  ["1.10.0-rc1", "<1.10.0", false],
  ["1.9.9", "<1.10.0", true],
])("%s meets %s: %s", (version, spec, expected) => {
  expect(satisfies(v(version), v(spec))).toBe(expected);
});

it("refuses what is no version and writes the rest back", () => {
  for (const text of ["abc", "1.2", "~1.2.3", ">=01.0.0", "=> 1.0.0", ""]) expect(parseVersion(text)).toBeUndefined();
  for (const text of [">=1.0.0-rc1+build", "=1.0.0", "<2.0.0"]) expect(versionText(v(text))).toBe(text);
});

it("knows requirements that no version can meet", () => {
  expect(compatible([v(">=2.0.0"), v("<1.0.0")])).toBe(false);
  expect(compatible([v(">=1.0.0"), v("<=1.0.0")])).toBe(true);
  expect(compatible([v(">1.0.0"), v("<=1.0.0")])).toBe(false);
  expect(compatible([v("1.1.0"), v(">=1.0.0"), v("<2.0.0")])).toBe(true);
});
