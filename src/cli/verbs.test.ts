import { describe, expect, it } from "vitest";
import { globalFlags, noGlobals, takeGlobals } from "./global-options.ts";
import { parseVerb } from "./verb-arguments.ts";
import { verbs } from "./verbs.ts";

/** Words of an example as a shell would split them, up to the first pipe or redirection. */
function shellWords(command: string): string[] {
  const words = command.match(/"[^"]*"|'[^']*'|\S+/g) ?? [];
  const end = words.findIndex((word) => /^([|>&;]|&&|\|\|)/.test(word));
  return (end === -1 ? words : words.slice(0, end)).map((word) => word.replace(/^(["'])(.*)\1$/, "$2"));
}

describe.each(Object.entries(verbs))("labs %s", (name, entry) => {
  it("declares nothing that every command has, and nothing twice", async () => {
    const { verb } = await entry.load();
    const flags = (verb.options ?? []).flatMap((option) => option.flags.match(/(?<![\w-])--?[\w-]+/g) ?? []);
    expect(flags.filter((flag) => globalFlags.includes(flag))).toEqual([]);
    expect(flags.filter((flag, i) => flags.indexOf(flag) !== i)).toEqual([]);
  });

  it("has examples that its own declaration accepts", async () => {
    const { verb } = await entry.load();
    expect(verb.examples.length).toBeGreaterThan(0);
    for (const { command, does } of verb.examples) {
      expect(does.length, command).toBeGreaterThan(5);
      const start = command.lastIndexOf(`labs ${name}`);
      expect(start, command).toBeGreaterThanOrEqual(0);
      const [, , ...words] = shellWords(command.slice(start));
      expect(() => parseVerb(name, verb, takeGlobals(words, noGlobals(), { verb })), command).not.toThrow();
    }
  });

  it("has a summary of one line without a full stop", () => {
    expect(entry.summary).toMatch(/^[A-Z].{8,70}[^.]$/);
  });
});
