import type { Browser } from "playwright-core";
import { accessible, check, must, shot, visit } from "./checks.ts";
import type { Served } from "./workspace.ts";

export const lab1 = "lab1_sales_performance";
export const lab3 = "lab3_customer_segmentation";
/** Name, address, and a text that shows that it is there. */
const walk: [name: string, path: string, shows: string | RegExp][] = [
  ["labs", "/", lab1],
  ["lab", `/labs/${lab1}`, "Pipeline"],
  ["lab-failed", `/labs/${lab3}`, "See why"],
  ["graph", `/labs/${lab1}?tab=graph`, "Fit"],
  ["graph-node", `/labs/${lab1}?tab=graph&node=model.${lab1}.silver_order_lines`, "As run"],
  ["tables", `/labs/${lab1}?tab=tables`, "gold.gold_monthly_sales"],
  ["sources", `/labs/${lab1}?tab=sources`, "sales_data.csv"],
  ["versions", `/labs/${lab1}?tab=versions`, "current"],
  ["settings", `/labs/${lab1}?tab=settings`, "shared/config/labs_config.yaml:"],
  ["runs", "/runs", /by hand/],
  ["run-failed", "LAST-FAILED", "As written"],
  ["run-timeline", "LAST-OK", "Longest models"],
  ["run-nodes", "LAST-OK?tab=nodes", "silver_order_lines"],
  ["run-log", "LAST-OK?tab=log", "rows loaded"],
  ["run-skipped", "LAST-FAILED?tab=skipped", "behind gold"],
  ["run-compare", "LAST-FAILED?tab=compare", "Ended otherwise"],
  ["run-about", "LAST-OK?tab=about", "Command"],
  ["table", `/labs/${lab1}/tables/gold.gold_monthly_sales`, "First day of the month."],
  ["table-score", `/labs/${lab1}/tables/gold.gold_monthly_sales?tab=score`, "completeness"],
  ["table-tests", `/labs/${lab1}/tables/gold.gold_monthly_sales?tab=tests`, "pass"],
  ["table-failing", `/labs/${lab1}/tables/gold.gold_monthly_sales?tab=tests&test=EXPECTATION`, "working database"],
  ["table-lost", `/labs/${lab1}/tables/silver.silver_order_lines?tab=score&cause=0`, "working database"],
  ["table-lineage", `/labs/${lab1}/tables/gold.gold_monthly_sales?tab=lineage&column=growth`, "Made of"],
  [
    "table-changes",
    `/labs/${lab1}/tables/gold.gold_product_line_kpis?tab=changes`,
    /Rows that differ|There is one version only/,
  ],
  ["diff", `/labs/${lab1}/diff`, /gold\.gold_\w+|no older version/],
  ["table-rows", `/labs/${lab1}/tables/gold.gold_customer_sales?tab=rows`, /659 rows|rows/],
  ["quarantine", `/quarantine?lab=${lab1}`, "Reasons"],
  ["query", `/query?lab=${lab1}&sql=from%20gold.gold_product_line_kpis`, "Tables"],
  ["alerts", "/alerts", /since/],
  ["alert-messages", "/alerts?tab=messages", "log"],
  ["health", "/health", "Servers and workers"],
  ["docs", "/docs", /entries/],
  ["not-found", "/nowhere", "There is no such page"],
];

/** Addresses with what only this workspace knows filled in. */
export async function addressesOf(served: Served): Promise<(path: string) => string> {
  const run = async (lab: string, status: string) => {
    const response = await fetch(`${served.url}/api/v1/runs?lab=${lab}&status=${status}&limit=1`);
    return ((await response.json()) as { runs: { id: string }[] }).runs[0]?.id ?? "none";
  };
  const table = await fetch(`${served.url}/api/v1/labs/${lab1}/tables/gold.gold_monthly_sales`);
  const { tests } = (await table.json()) as { tests: { id: string; failures: number | null }[] };
  const failing = encodeURIComponent(tests.find(({ failures }) => failures)?.id ?? "none");
  const [ok, failed] = [await run(lab1, "ok"), await run(lab3, "failed")];
  return (path) =>
    served.url +
    path.replace("LAST-OK", `/runs/${ok}`).replace("LAST-FAILED", `/runs/${failed}`).replace("EXPECTATION", failing);
}

/** The cumulative layout shift since the page was opened, as browsers count it; under 0.1 counts as good. */
const jumped = `new Promise((done) => {
  let sum = 0;
  new PerformanceObserver((list) => { for (const each of list.getEntries()) if (!each.hadRecentInput) sum += each.value; }).observe({ type: "layout-shift", buffered: true });
  setTimeout(() => done(sum), 150);
})`;

/** Every page, light, dark and on a phone: it is there, says no error, fits, and axe finds nothing. */
export async function pages(browser: Browser, at: (path: string) => string): Promise<void> {
  const kinds = [
    { name: "light", options: { colorScheme: "light", viewport: { width: 1360, height: 860 } } },
    { name: "dark", options: { colorScheme: "dark", viewport: { width: 1360, height: 860 } } },
    { name: "phone", options: { colorScheme: "light", viewport: { width: 390, height: 844 }, hasTouch: true } },
  ] as const;
  for (const { name: kind, options } of kinds) {
    const context = await browser.newContext(options);
    const page = await context.newPage();
    const said: string[] = [];
    page.on("console", (message) => message.type() === "error" && said.push(message.text()));
    page.on("pageerror", (error) => said.push(String(error)));
    for (const [name, path, shows] of walk) {
      await check(`${kind} ${name}`, async () => {
        said.length = 0;
        await visit(page, at(path), shows);
        // Before the screenshot, which makes the window as high as the page.
        const jumps = Number(await page.evaluate(jumped));
        must(jumps < 0.1, `what is seen jumps by ${jumps.toFixed(2)} while it loads`);
        await shot(page, `${name}-${kind}`, name !== "table-rows");
        must(said.length === 0, `the console says: ${said.join("; ")}`);
        const wide = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
        must(Number(wide) <= 0, `it is ${wide} pixels wider than the window`);
        await accessible(page);
      });
    }
    await context.close();
  }
}
