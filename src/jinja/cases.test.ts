import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type Case, describe as shown, matches, renderCase } from "../../conformance/jinja/cases.ts";

/** Ours, and the shared ones where they are at hand. Both are what real Jinja made of the templates. */
const files = ["../../conformance/jinja/cases.json", "../../../shared/conformance/jinja-cases.json"].map(
  (path) => new URL(path, import.meta.url),
);

describe.each(files.filter((file) => existsSync(file)).map((file) => [file.pathname.split("/").at(-1), file] as const))(
  "%s",
  (_name, file) => {
    const cases = JSON.parse(readFileSync(file, "utf8")) as Case[];
    test.each(cases.map((item) => [`${item.id} ${item.template}`, item] as const))("%s", async (_title, item) => {
      const outcome = await renderCase(item);
      expect(
        matches(item, outcome),
        `wanted ${item.error ?? JSON.stringify(item.expected)}, got ${shown(outcome)}`,
      ).toBe(true);
    });
  },
);
