import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Connection, type Database, openDatabase } from "#duck/index.ts";
import { cutStatements, isBlank, withoutLead } from "./statements.ts";

let database: Database;
let connection: Connection;
beforeAll(async () => {
  database = await openDatabase(":memory:");
  connection = await database.connect();
});
afterAll(() => database.close());

describe("cutStatements", () => {
  it("cuts where DuckDB cuts", () => {
    const cases: [string, string[], string][] = [
      ["select 1; select 2;", ["select 1", "select 2"], ""],
      ["select ';'; x", ["select ';'"], " x"],
      ["select 'it''s;'", [], "select 'it''s;'"],
      ["select 'a\\'; b", ["select 'a\\'"], " b"],
      ["select E'a\\';b'; c", ["select E'a\\';b'"], " c"],
      ['select 1 as "a;""b"; c', ['select 1 as "a;""b"'], " c"],
      ["select $$a;b$$; select $x$ $$;$$ $x$; c", ["select $$a;b$$", "select $x$ $$;$$ $x$"], " c"],
      ["select a$b$; c", ["select a$b$"], " c"],
      ["-- no;\nselect 1; /* a; /* b; */ c; */ ;", ["-- no;\nselect 1"], ""],
      ["select 1 -- open; ", [], "select 1 -- open; "],
      ["select 1 /* open; ", [], "select 1 /* open; "],
      [";;  ;\n", [], "\n"],
    ];
    for (const [text, statements, rest] of cases) expect(cutStatements(text), text).toEqual({ statements, rest });
  });

  it("agrees with DuckDB's own count, whatever stands between", async () => {
    const piece = fc.constantFrom(
      "'a;b'",
      '1 AS "x;y"',
      "$$;$$",
      "$t$ $$;$$ $t$",
      "E'\\';'",
      "1 /* ; /* ; */ ; */",
      "1 -- ;\n",
      "2",
      "'--'",
      "'/*'",
      '1 AS "a""b"',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { minLength: 1, maxLength: 6 }), fc.boolean(), async (pieces, closed) => {
        const text = pieces.map((value) => `SELECT ${value}`).join(";\n") + (closed ? ";" : "\n");
        const { statements, rest } = cutStatements(text);
        const all = isBlank(rest) ? statements : [...statements, rest];
        expect(all.length).toBe(pieces.length);
        expect(await connection.statementCount(text)).toBe(pieces.length);
        for (const statement of all) expect(await connection.statementCount(statement)).toBe(1);
      }),
    );
  });

  it("gives the same line by line as at once", () => {
    const text = "select 1; select 'a\n;b' from\nt; -- c;\nselect $q$\n;$q$;\nrest";
    let rest = "";
    const found: string[] = [];
    for (const line of text.split("\n")) {
      const cut = cutStatements(`${rest}${line}\n`);
      found.push(...cut.statements);
      rest = cut.rest;
    }
    expect(found).toEqual(cutStatements(`${text}\n`).statements);
    expect(found).toHaveLength(3);
  });

  it("knows what is only spaces and comments", () => {
    expect(["", " \n", "-- x", "/* x */ -- y\n "].map(isBlank)).toEqual([true, true, true, true]);
    expect(["1", "-- x\n1", "'--'"].map(isBlank)).toEqual([false, false, false]);
    expect(withoutLead("  -- x\n/* y */ select 1")).toBe("select 1");
  });
});
