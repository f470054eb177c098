import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type Case, describe as shown, matches, renderCase } from "../../conformance/jinja/cases.ts";

const file = new URL("../../../shared/conformance/jinja-cases.json", import.meta.url);

describe.runIf(existsSync(file))("what real Jinja made of templates", () => {
  const cases = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Case[]) : [];
  test.each(cases.map((item) => [`${item.id} ${item.template}`, item] as const))("%s", async (_name, item) => {
    const outcome = await renderCase(item);
    expect(matches(item, outcome), `wanted ${item.error ?? JSON.stringify(item.expected)}, got ${shown(outcome)}`).toBe(
      true,
    );
  });
});
