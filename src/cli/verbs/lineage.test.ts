import { cpSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import type { LineageGraph } from "#engine/index.ts";
import { repository, temporaryFolder } from "../e2e/testing/harness.ts";
import type { Io } from "../io.ts";
import { parseVerb } from "../verb-arguments.ts";
import { verb } from "./lineage.ts";

let workspace: string;

beforeAll(() => {
  workspace = temporaryFolder();
  const left = /(^|[/\\])(data|\.labs|target|logs)$/;
  cpSync(join(repository, "examples/cpg"), workspace, { recursive: true, filter: (path) => !left.test(path) });
});

async function lineage(words: string[], more: { json?: boolean; cwd?: string } = {}): Promise<string> {
  let out = "";
  const io: Io = {
    cwd: more.cwd ?? workspace,
    env: {},
    out: (text) => void (out += text),
    err: () => {},
    isTTY: false,
    color: false,
    width: 80,
    signal: new AbortController().signal,
  };
  const global = { output: more.json ? ("json" as const) : ("text" as const), trace: false, quiet: false };
  expect(await verb.run({ io, global, ...parseVerb("lineage", verb, words) })).toBe(0);
  return out;
}

/** `name: ~origin +origin`, with short names, in small letters: a file's header may have capitals. */
function madeOf(graph: LineageGraph, name: string): string[] {
  const marks = { identity: "", derived: "~", aggregated: "+" };
  const node = graph.nodes.find((candidate) => candidate.name === name && candidate.resource_type === "model");
  return (node?.columns ?? []).map((column) => {
    const origins = column.upstream.map(({ node: id, column: from, kind }) => {
      const text = `${marks[kind]}${id.split(".").at(-1)}.${from}`;
      return text.toLowerCase();
    });
    return `${column.name}: ${origins.sort().join(" ")}`.trimEnd();
  });
}

describe("the example labs, before anything was built", () => {
  const read = async (lab: string): Promise<LineageGraph> => JSON.parse(await lineage(["--lab", lab], { json: true }));

  test("sales: key figures by product line", async () => {
    const graph = await read("lab1_sales_performance");
    const sales = "+silver_order_lines.sales";
    expect(madeOf(graph, "gold_product_line_kpis")).toEqual([
      "product_line: silver_order_lines.product_line",
      "order_lines:",
      "orders: +silver_order_lines.order_number",
      "customers: +silver_order_lines.customer_name",
      "products: +silver_order_lines.product_code",
      "units: +silver_order_lines.quantity",
      `sales: ${sales}`,
      `cancelled_sales: +silver_order_lines.is_cancelled ${sales}`,
      `sales_per_order: +silver_order_lines.order_number ${sales}`,
      `share_of_sales: ${sales}`,
      `discount_on_list_price: +silver_order_lines.list_price +silver_order_lines.quantity ${sales}`,
      "first_order: +silver_order_lines.order_date",
      "last_order: +silver_order_lines.order_date",
    ]);
  });

  test("segments: scores by recency, frequency and value", async () => {
    const graph = await read("lab3_customer_segmentation");
    const [date, customer] = ["+silver_transactions.transaction_date", "~silver_transactions.customer_id"];
    expect(madeOf(graph, "gold_customer_rfm")).toEqual([
      "customer_id: silver_customers.customer_id",
      "customer_name: silver_customers.customer_name",
      "country: silver_customers.country",
      `last_purchase: ${date}`,
      `recency_days: ${date}`,
      "frequency:",
      "monetary: +silver_transactions.amount",
      "coupon_share: +silver_transactions.with_coupon",
      // Ties go to the lower number of a customer.
      `recency_score: ${date} ${customer}`,
      `frequency_score: ${customer}`,
      `monetary_score: +silver_transactions.amount ${customer}`,
      "segment: ~rfm_segments.segment",
    ]);
  });

  test("forecast: every gold model is resolved, and its columns lead to the raw file", async () => {
    const graph = await read("lab2_forecast_model");
    const gold = graph.nodes.filter(({ name, resource_type }) => resource_type === "model" && name.startsWith("gold_"));
    expect(gold.length).toBeGreaterThanOrEqual(3);
    for (const { name, status, problems } of gold) expect(status, `${name}: ${problems.join(" ")}`).toBe("resolved");
    const forecast: LineageGraph = JSON.parse(
      await lineage(["gold_demand_forecast", "--lab", "lab2_forecast_model", "--upstream", "--depth", "20"], {
        json: true,
      }),
    );
    expect(forecast.columns["source.lab2_forecast_model.raw.weekly_sales"]).toContain("units");
  });
});

describe("what is printed", () => {
  const lab = () => join(workspace, "lab1_sales_performance");

  test("a column as a tree, in a lab's folder", async () => {
    const text = await lineage(["gold_product_line_kpis.units"], { cwd: lab() });
    expect(text.toLowerCase()).toBe(
      [
        "gold_product_line_kpis.units  column of a model, aggregated",
        "",
        "made of",
        "└─ silver_order_lines.quantity           aggregated",
        "   └─ bronze_sales_data.quantityordered  identity",
        "      └─ raw.sales_data.quantityordered  identity",
        "",
        "rows of gold_product_line_kpis depend on",
        "  silver_order_lines.product_line  group",
        "  silver_order_lines.sales         order",
        "",
      ].join("\n"),
    );
  });

  test("a drawing", async () => {
    const text = await lineage(["silver_order_lines.quantity", "--upstream", "--depth", "1", "--format", "mermaid"], {
      cwd: lab(),
    });
    expect(text).toMatch(/^flowchart LR\n {2}subgraph n0\["bronze_sales_data \(model\)"\]\n/);
    expect(text).toContain("\n  n0c");
  });

  test("errors say what was meant", async () => {
    await expect(lineage(["gold_product_line_kpi"], { cwd: lab() })).rejects.toMatchObject({
      code: "ENG-010",
      hint: "Did you mean `gold_product_line_kpis`?",
    });
    await expect(lineage(["gold_product_line_kpis.unit"], { cwd: lab() })).rejects.toMatchObject({
      code: "ENG-010",
      hint: "Did you mean `gold_product_line_kpis.units`?",
    });
    await expect(lineage([])).rejects.toMatchObject({ code: "REG-018" });
    await expect(lineage(["x", "--depth", "0"], { cwd: lab() })).rejects.toMatchObject({ code: "CLI-002" });
  });

  test("a dbt project that belongs to no lab", async () => {
    const folder = temporaryFolder({
      "dbt_project.yml": "name: p\nprofile: p\n",
      "profiles.yml": "p:\n  target: dev\n  outputs:\n    dev: { type: duckdb, path: p.duckdb }\n",
      "models/a.sql": "select 1 as x",
      "models/b.sql": "select x + 1 as y from {{ ref('a') }}",
    });
    const text = await lineage(["b", "--project-dir", folder, "--profiles-dir", folder]);
    expect(text).toBe("b  model, 1 column\n\nCOLUMN  KIND     MADE OF\ny       derived  a.x\n");
  });
});
