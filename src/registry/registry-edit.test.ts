import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { withLab } from "./registry-edit.ts";

const entry = { path: "new", status: "active" as const };
const added = "  new_lab:\n    path: new\n    status: active\n";
const edit = (text: string) => withLab(text, "labs_config.yaml", "new_lab", entry);

describe("withLab", () => {
  it.each([
    ["labs:\n", `labs:\n${added}`],
    ["labs: {}\n", `labs:\n${added}`],
    ["labs: # none yet\n# tail\n", `labs: # none yet\n${added}# tail\n`],
    ["", `labs:\n${added}`],
    ["# only a comment", `# only a comment\nlabs:\n${added}`],
    ["labs:\n  a:\n    path: a   # aligned\n", `labs:\n  a:\n    path: a   # aligned\n${added}`],
    ["labs:\n  a:\n    path: a", `labs:\n  a:\n    path: a\n${added}`],
    ["labs:\n  a:\n", `labs:\n  a:\n${added}`],
    ["labs:\n  a: {path: a}   # short\n", `labs:\n  a: {path: a}   # short\n${added}`],
    // A comment that belongs to the last lab stays with it; one that does not stays at the end.
    ["labs:\n  a:\n    path: a\n    # note\n  # b:\n", `labs:\n  a:\n    path: a\n    # note\n${added}  # b:\n`],
    ["labs:\n  a:\n    path: a\n\nx-note: 1\n", `labs:\n  a:\n    path: a\n${added}\nx-note: 1\n`],
    [
      "labs:\n  a:\n    description: >\n      folded\n      text\n",
      `labs:\n  a:\n    description: >\n      folded\n      text\n${added}`,
    ],
  ])("adds to %j", (text, wanted) => {
    expect(edit(text)).toBe(wanted);
  });

  it("keeps the indentation and the line ends of the file", () => {
    expect(edit("labs:\r\n    a:\r\n        path: a\r\n")).toBe(
      "labs:\r\n    a:\r\n        path: a\r\n    new_lab:\r\n      path: new\r\n      status: active\r\n",
    );
  });

  it("writes a file in flow style anew, with the same meaning", () => {
    expect(parse(edit("labs: {a: {path: a}}\n"))).toEqual({ labs: { a: { path: "a" }, new_lab: entry } });
  });

  it("keeps every byte of any file and means the same plus one", () => {
    const value = fc.constantFrom("x", '"a: #b"', "'it''s'", "2025-01-01", "|\n      two\n      lines", "");
    const comment = fc.constantFrom("", "  # note", "   # status: active | paused");
    const line = fc.tuple(fc.constantFrom("path", "maintainer", "description"), value, comment);
    const lab = fc.uniqueArray(line, { selector: ([key]) => key, maxLength: 3 });
    const between = fc.constantFrom("", "\n", "  # between\n", "    # deeper\n", "# at the margin\n");
    const head = fc.constantFrom("", "# head\n", "---\n", "x-a: 1\n");
    const tail = fc.constantFrom("", "\n\n", "# tail\n", "x-z: [1, 2]\n");
    fc.assert(
      fc.property(fc.array(fc.tuple(lab, between), { minLength: 1, maxLength: 4 }), head, tail, (labs, first, last) => {
        const body = labs.map(([lines, gap], i) => {
          const text = lines.map(([key, v, c]) => `    ${key}: ${v}${v.includes("\n") ? "" : c}\n`);
          return `  lab${i}:\n${text.join("")}${gap}`;
        });
        const before = `${first}labs:\n${body.join("")}${last}`;
        const after = edit(before);
        expect(parse(after)).toEqual({ ...parse(before), labs: { ...parse(before).labs, new_lab: entry } });
        const at = after.indexOf("  new_lab:");
        expect(after.slice(0, at) + after.slice(at + added.length)).toBe(before);
      }),
      { numRuns: 300 },
    );
  });
});
