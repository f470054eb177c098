import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openRegistry } from "#registry/index.ts";
import { labsWithSteps } from "./steps.ts";

let root: string;
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "labs-step-names-")));
  mkdirSync(join(root, "shared/config"), { recursive: true });
  writeFileSync(join(root, "shared/config/labs_config.yaml"), "labs: {one: {}, two: {}, broken: {}}\n");
  for (const [lab, text] of [
    ["one", "steps: [{name: fetch, before: check, command: x}]\n"],
    ["broken", "nonsense: true\n"],
  ] as const) {
    mkdirSync(join(root, lab));
    writeFileSync(join(root, lab, "lab.yml"), text);
  }
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

it("--step means stages of every lab and own steps of those that have them", () => {
  const workspace = openRegistry(root);
  const [one, two] = [workspace.lab("one"), workspace.lab("two")];
  const names = (steps?: string[]) => labsWithSteps([one, two], steps).map(({ name }) => name);
  expect(names()).toEqual(["one", "two"]);
  expect(names(["load"])).toEqual(["one", "two"]);
  expect(names(["fetch"])).toEqual(["one"]);
  expect(names(["fetch", "load"])).toEqual(["one", "two"]);
  expect(() => names(["fetsh"])).toThrow("There is no step named fetsh");
  expect(() => labsWithSteps([two], ["fetch"])).toThrow("There is no step named fetch in two");
  try {
    names(["lod"]);
  } catch (error) {
    expect(error).toMatchObject({ exit: 2, hint: "Did you mean `load`?" });
  }
  // A lab whose lab.yml is refused tells why when it runs.
  const broken = workspace.lab("broken");
  expect(labsWithSteps([broken, two], ["fetch"])).toEqual([broken]);
});
