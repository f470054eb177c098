import { readdirSync } from "node:fs";
import { join, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { errorsPage } from "./cli/errors-page.ts";
import { allCatalogues } from "./errors/index.ts";

const src = import.meta.dirname;

describe("the errors of all rooms", () => {
  beforeAll(async () => {
    const files = readdirSync(src, { recursive: true, encoding: "utf8" });
    const catalogues = files.filter((name) => name.split(sep).at(-1) === "errors.ts").sort();
    for (const name of catalogues) await import(pathToFileURL(join(src, name)).href);
  });
  const all = () =>
    [...allCatalogues()].flatMap(([room, errors]) => Object.values(errors).map((e) => ({ room, ...e })));

  // After a change: vitest run src/architecture.errors.test.ts -u
  it("are what docs/errors.md says", async () => {
    await expect(errorsPage()).toMatchFileSnapshot(join(src, "../docs/errors.md"));
  });

  it("have codes of their own, in one form", () => {
    const codes = all().map(({ code }) => code);
    expect(codes.filter((code, i) => codes.indexOf(code) !== i)).toEqual([]);
    expect(codes.filter((code) => !/^[A-Z]{2,8}-\d{3}$/.test(code))).toEqual([]);
  });

  it("use one prefix a room", () => {
    for (const [room, errors] of allCatalogues()) {
      const prefixes = new Set(Object.values(errors).map(({ code }) => code.split("-")[0]));
      expect([...prefixes], room).toHaveLength(1);
    }
  });

  it("say what to do", () => {
    expect(all().filter(({ title, doc }) => title.length < 5 || title.endsWith(".") || doc.length < 20)).toEqual([]);
  });
});
