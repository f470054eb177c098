import { describe, expect, it } from "vitest";
import { openDatabase } from "#duck/index.ts";
import { DataInspector } from "#quality/index.ts";
import { inspectPage } from "./inspect-html.ts";

const nasty = `<script>alert("1")</script> & 'x'`;

async function pageOf(tables?: string[]): Promise<string> {
  const database = await openDatabase(":memory:");
  try {
    const connection = await database.connect();
    const name = `"${nasty.replaceAll('"', '""')}"`;
    await connection.run(`CREATE SCHEMA gold;
      CREATE TABLE gold.${name} AS SELECT i AS id, i % 3 AS store, '${nasty.replaceAll("'", "''")}' || (i % 4) AS ${name}, DATE '2026-01-01' + i::INT AS day, NULL AS nothing FROM range(60) t(i);
      CREATE TABLE gold.base AS SELECT 1 AS x; CREATE VIEW gold.broken AS FROM gold.base; DROP TABLE gold.base;
      CREATE TABLE gold.empty (a INT, b VARCHAR)`);
    const inspection = await new DataInspector(connection).inspect({ sampleRows: 3, ...(tables && { tables }) });
    const part = { dimension: "completeness" as const, points: 80, max: 100, causes: [] };
    const score = { score: 80, parts: [part], notCounted: [], run: null, history: [70, 80], rows: [50, 60] };
    return inspectPage({
      lab: nasty,
      database: "shop.duckdb",
      time: "2026-01-02T03:04:05.000Z",
      inspection,
      score,
      tableScore: () => score,
    });
  } finally {
    await database.close();
  }
}

describe("an inspection as a page", () => {
  it("shows every table and column with charts, and nothing from elsewhere", async () => {
    const page = await pageOf();
    expect(page).not.toMatch(/<script|<link|src=|url\(|@import|https?:/i);
    expect(page.match(/href="(?!#)/)).toBeNull();
    expect(page).toContain("&lt;script&gt;");
    expect(page.match(/<article class="card">/g)).toHaveLength(7);
    expect(page.match(/<svg class="columns"/g)?.length).toBeGreaterThanOrEqual(3);
    for (const shown of ["gold.broken", "gold.empty", "2026-01-01", "100% null", "no duplicates by id (found)"])
      expect(page).toContain(shown);
    const tags = (pattern: RegExp) => [...page.matchAll(pattern)].map(([, tag]) => tag).sort();
    const names = "section|div|table|tbody|thead|tr|td|th|svg|figure|article|dl|dt|dd|span|b|i|main|header";
    expect(tags(new RegExp(`<(${names})\\b`, "g"))).toEqual(tags(new RegExp(`</(${names})>`, "g")));
  });

  it("of one table has its name as the title and its first rows", async () => {
    const page = await pageOf([`gold.${nasty}`]);
    expect(page).toContain("<h1>gold.&lt;script&gt;");
    expect(page).toContain("First rows");
  });
});
