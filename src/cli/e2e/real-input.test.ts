import { copyFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { openDatabase } from "#duck/index.ts";
import { exampleWorkspace, json, labs, query, repository, temporaryFolder } from "./testing/harness.ts";

const csv = join(repository, "../shared/data/sales_data.csv");
const lab = "lab1_sales_performance";

// The file is not part of the repository: a clone on a user's machine goes without this test.
describe.skipIf(!existsSync(csv))(
  "2,823 real order lines (skipped where ../shared/data/sales_data.csv is absent)",
  () => {
    let workspace: string;
    let database: string;
    beforeAll(async () => {
      workspace = exampleWorkspace();
      database = join(workspace, lab, "data", `${lab}.duckdb`);
      mkdirSync(join(workspace, lab, "data/raw"), { recursive: true });
      copyFileSync(csv, join(workspace, lab, "data/raw/sales_data.csv"));
      const { code, document } = await json(workspace, "run", lab);
      expect(document.labs[0].message).toMatch(/models built/);
      expect(code).toBe(0);
      expect(document).toMatchObject({ ok: true, labs: [{ lab, status: "ok", rowsLoaded: 2823, rowsQuarantined: 0 }] });
    });

    it("arrive in bronze, every line of them", async () => {
      expect(await query(database, "select count(*)::int as n from bronze.bronze_sales_data")).toEqual([{ n: 2823 }]);
    });

    it("become 7 product lines whose figures are those of the file itself", async () => {
      const built = await query(
        database,
        "select product_line, order_lines::int as order_lines, orders::int as orders, units::int as units, round(sales, 2)::double as sales from gold.gold_product_line_kpis order by 1",
      );
      // DuckDB alone reads no Windows-1252.
      const utf8 = join(
        temporaryFolder({ "sales.csv": new TextDecoder("windows-1252").decode(readFileSync(csv)) }),
        "sales.csv",
      );
      const memory = await openDatabase(":memory:");
      try {
        const direct = await (await memory.connect()).objects(
          `select PRODUCTLINE as product_line, count(*)::int as order_lines, count(distinct ORDERNUMBER)::int as orders,
                sum(QUANTITYORDERED)::int as units, round(sum(SALES), 2)::double as sales
         from read_csv('${utf8}') group by 1 order by 1`,
        );
        expect(direct).toHaveLength(7);
        expect(built).toEqual(direct);
      } finally {
        await memory.close();
      }
    });

    it("are loaded once: a second run brings no row and no change", async () => {
      const kpis = "select * from gold.gold_product_line_kpis order by product_line";
      const before = await query(database, kpis);
      const { code, document } = await json(workspace, "run", lab);
      expect({ code, rows: document.labs[0].rowsLoaded, files: document.labs[0].files }).toEqual({
        code: 0,
        rows: 0,
        files: [],
      });
      expect(await query(database, kpis)).toEqual(before);
    });

    it("are shown by inspect", async () => {
      const { code, document } = await json(workspace, "inspect", lab, "gold.gold_product_line_kpis");
      expect(code).toBe(0);
      expect(JSON.stringify(document)).toContain("Classic Cars");
      const { stdout } = await labs(workspace, "inspect", lab, "gold.gold_product_line_kpis", "--rows", "7");
      for (const line of [
        "Classic Cars",
        "Motorcycles",
        "Planes",
        "Ships",
        "Trains",
        "Trucks and Buses",
        "Vintage Cars",
      ])
        expect(stdout).toContain(line);
    });
  },
);
