import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { commands, globalOptions } from "./options.ts";

const page = readFileSync(join(import.meta.dirname, "../../../docs/engine/differences.md"), "utf8");

test("docs/engine/differences.md lists the options without effect", () => {
  const options = [...globalOptions, ...Object.values(commands).flatMap((c) => c.options)];
  const idle = options
    .filter(({ help }) => help.startsWith("Accepted;"))
    .map(({ name }) => `--${name.replaceAll("_", "-")}`);
  const section = page.split("Accepted without effect:")[1]?.split("\n\n")[0] ?? "";
  const listed = [...section.matchAll(/`(--[a-z-]+)`/g)].map((m) => m[1] ?? "");
  expect(listed.sort()).toEqual([...new Set(idle)].sort());
});

test("docs/engine/differences.md lists the commands that are refused", () => {
  const session = readFileSync(join(import.meta.dirname, "session.ts"), "utf8");
  const refused = [...session.matchAll(/`labs dbt ([a-z ]+)` is not available/g)].map((m) => m[1] ?? "");
  expect(refused).toEqual(["init"].filter((command) => command in commands));
  const listed = page.split("Not there:")[1]?.split("\n\n")[0] ?? "";
  for (const command of refused) expect(listed).toContain(`\`${command}\``);
});
