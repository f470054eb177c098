import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { extractBlocks, lazyMacro, type Block } from "#jinja/index.ts";
import { builtinPackages, collectBuiltins } from "./index.ts";

const kinds = new Set(["macro", "test", "materialization", "docs"]);

interface Definition extends Block {
  package: string;
  path: string;
}

function definitions(): Definition[] {
  return builtinPackages().flatMap(({ name, files }) =>
    files.flatMap(({ path, contents }) =>
      extractBlocks(contents, { file: path, allowed: kinds }).map((block) => ({ ...block, package: name, path })),
    ),
  );
}

/** `name(arguments)` of a macro or test, `name` and the rest of the tag of a materialization; spaces and quotes made equal. */
function signature(block: Block): string {
  const tag = block.fullSource.slice(0, block.fullSource.indexOf("%}"));
  const text = tag.replace(/^\{%-?\s*\w+\s+/, "").replace(/-$/, "");
  return text.replace(/\s+/g, "").replaceAll('"', "'");
}

/** The inventory's lines: "- `package` path: entry; entry". An entry is a signature, or a bare name where none is known. */
function inventory(text: string): { package: string; path: string; entry: string }[] {
  return [...text.matchAll(/^- `(\w+)` (\S+): (.*)$/gm)].flatMap(([, owner = "", path = "", entries = ""]) =>
    entries!
      .split(/; (?=[\w]+(?:\(|;|$|, ))/)
      .map((entry) => ({ package: owner, path, entry: entry.replace(/\s+/g, "").replaceAll('"', "'") })),
  );
}

describe("the built-in packages", () => {
  test("parse, each name once in its package", () => {
    const seen = new Set<string>();
    for (const block of definitions()) {
      if (block.type === "docs") continue;
      const macro = lazyMacro(block.fullSource, {
        name: block.name ?? "",
        file: block.path,
        offset: block.offset,
        fileSource: block.fullSource,
      });
      expect(() => macro.template, block.name).not.toThrow();
      const adapter = /adapter\s*=\s*['"](\w+)/.exec(signature(block))?.[1] ?? "";
      const key = `${block.package}.${block.type}.${block.name}.${adapter}`;
      expect(seen.has(key), key).toBe(false);
      seen.add(key);
    }
    expect(seen.size).toBeGreaterThan(400);
  });

  test("have an overview page", () => {
    expect(
      definitions()
        .filter((block) => block.type === "docs")
        .map((block) => block.name),
    ).toEqual(["__overview__"]);
  });

  test("give the same files whether collected or read", () => {
    expect(builtinPackages()).toEqual(collectBuiltins());
  });

  test("every dispatched name has an implementation that DuckDB can reach", () => {
    const names = new Set(definitions().map((block) => (block.type === "test" ? `test_${block.name}` : block.name)));
    const missing = definitions().flatMap((block) =>
      [...block.fullSource.matchAll(/adapter\.dispatch\('(\w+)'/g)]
        .map((match) => match[1]!)
        .filter((name) => !names.has(`duckdb__${name}`) && !names.has(`default__${name}`)),
    );
    expect(missing).toEqual([]);
  });

  const list = new URL("../../../../shared/conformance/dbt-macros.txt", import.meta.url);
  test.skipIf(!existsSync(list))("have every macro of dbt, in the same file and with the same arguments", () => {
    const ours = new Set<string>();
    for (const block of definitions()) {
      ours.add(`${block.package} ${block.path} ${block.name}`);
      ours.add(`${block.package} ${block.path} ${signature(block)}`);
    }
    const wanted = inventory(readFileSync(list, "utf8"));
    expect(wanted.length).toBeGreaterThan(400);
    expect(
      wanted.map(({ package: owner, path, entry }) => `${owner} ${path} ${entry}`).filter((key) => !ours.has(key)),
    ).toEqual([]);
  });
});
