/**
 * Walks the pages of `labs serve` on the example workspace as a person would, checks each with axe, and writes a screenshot
 * of each: `node conformance/ui/run.ts [--out <folder>] [--keep]`. Ends with `N passed, M failed`.
 */
import { mkdirSync, mkdtempSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { openBrowser } from "./browser.ts";
import { exampleWorkspace, type Served, serveWorkspace } from "./workspace.ts";

const { values } = parseArgs({ options: { out: { type: "string" }, only: { type: "string" } } });
const out = resolve(values.out ?? mkdtempSync(join(tmpdir(), "labs-screens-")));
mkdirSync(out, { recursive: true });
const axeFile = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

let passed = 0;
const failures: string[] = [];

async function check(name: string, action: () => Promise<unknown>): Promise<void> {
  if (values.only && !name.includes(values.only)) return;
  try {
    await action();
    passed++;
  } catch (error) {
    const text = error instanceof Error ? error.message.split("\n").slice(0, 6).join("\n    ") : String(error);
    failures.push(name);
    console.log(`FAILED ${name}\n    ${text}`);
  }
}

const must = (is: unknown, what: string) => {
  if (!is) throw new Error(what);
};

/** Opens an address and waits until it shows what it is about. */
async function visit(page: Page, url: string, shows: string | RegExp): Promise<void> {
  await page.goto(url);
  await page.getByText(shows).first().waitFor({ timeout: 20_000 });
  await page.locator(".loading").first().waitFor({ state: "detached", timeout: 20_000 });
}

interface AxeResult {
  violations: { id: string; impact: string; nodes: { target: string[]; failureSummary: string }[] }[];
}

async function accessible(page: Page): Promise<void> {
  await page.addScriptTag({ path: axeFile }).catch(async () => {
    // The page's own policy forbids foreign scripts, as it should; the debugger may put them in.
    await page.evaluate((await import("node:fs")).readFileSync(axeFile, "utf8"));
  });
  const { violations } = (await page.evaluate(
    "axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] })",
  )) as AxeResult;
  const lines = violations.map(
    ({ id, nodes }) => `${id}: ${nodes.length}, first ${nodes[0]?.target.join(" ")}: ${nodes[0]?.failureSummary}`,
  );
  must(lines.length === 0, lines.join("\n"));
}

const lab1 = "lab1_sales_performance";
const lab3 = "lab3_customer_segmentation";
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
  ["settings", `/labs/${lab1}?tab=settings`, "Where it lies"],
  ["runs", "/runs", /by hand/],
  ["run-failed", "LAST-FAILED", "As written"],
  ["run-timeline", "LAST-OK", "Longest models"],
  ["run-nodes", "LAST-OK?tab=nodes", "Failing rows"],
  ["run-log", "LAST-OK?tab=log", "rows loaded"],
  ["run-skipped", "LAST-FAILED?tab=skipped", "behind gold"],
  ["run-compare", "LAST-FAILED?tab=compare", "Ended otherwise"],
  ["run-about", "LAST-OK?tab=about", "Command"],
  ["table", `/labs/${lab1}/tables/gold.gold_monthly_sales`, "Most frequent"],
  ["table-score", `/labs/${lab1}/tables/gold.gold_monthly_sales?tab=score`, "completeness"],
  ["table-tests", `/labs/${lab1}/tables/gold.gold_monthly_sales?tab=tests`, "pass"],
  ["table-rows", `/labs/${lab1}/tables/gold.gold_customer_sales?tab=rows`, /659 rows|rows/],
  ["quarantine", `/quarantine?lab=${lab1}`, "Reasons"],
  ["query", `/query?lab=${lab1}&sql=from%20gold.gold_product_line_kpis`, "Tables"],
  ["alerts", "/alerts", /Nothing is open|since/],
  ["health", "/health", "Servers and workers"],
  ["docs", "/docs", /entries/],
  ["not-found", "/nowhere", "There is no such page"],
];

async function addressesOf(served: Served): Promise<(path: string) => string> {
  const run = async (lab: string, status: string) => {
    const response = await fetch(`${served.url}/api/v1/runs?lab=${lab}&status=${status}&limit=1`);
    return ((await response.json()) as { runs: { id: string }[] }).runs[0]?.id ?? "none";
  };
  const [ok, failed] = [await run(lab1, "ok"), await run(lab3, "failed")];
  return (path) => served.url + path.replace("LAST-OK", `/runs/${ok}`).replace("LAST-FAILED", `/runs/${failed}`);
}

async function pages(browser: Browser, at: (path: string) => string): Promise<void> {
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
        await page.screenshot({ path: join(out, `${name}-${kind}.png`), fullPage: name !== "table-rows" });
        must(said.length === 0, `the console says: ${said.join("; ")}`);
        const wide = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
        must(Number(wide) <= 0, `it is ${wide} pixels wider than the window`);
        await accessible(page);
      });
    }
    await context.close();
  }
}

/** What a person does, one thing after the other. */
async function doings(browser: Browser, at: (path: string) => string): Promise<void> {
  const context: BrowserContext = await browser.newContext({ viewport: { width: 1360, height: 860 } });
  const page = await context.newPage();
  const second = await context.newPage();
  await check("a failure is followed to its cause in three clicks", async () => {
    await visit(page, at("/"), lab3);
    const first = page.locator("tbody tr").first();
    must((await first.textContent())?.includes(lab3), "the broken lab does not come first");
    await first.getByRole("link", { name: lab3 }).click();
    await page.getByRole("link", { name: "See why" }).click();
    await page.locator(".failure .message").filter({ hasText: "no_such_column" }).waitFor();
    await page.locator(".code .marked").waitFor();
  });
  await check("a run is watched live in two tabs", async () => {
    await visit(page, at("/"), lab1);
    await second.goto(at(`/labs/${lab1}`));
    await second.getByText("Pipeline").waitFor();
    const before = await second.locator("table tbody tr").count();
    await page.getByRole("button", { name: `Run ${lab1}` }).click();
    await page
      .locator("tr", { hasText: lab1 })
      .getByText(/queued|running/)
      .first()
      .waitFor();
    await page.locator("tr", { hasText: lab1 }).getByText("ok", { exact: true }).waitFor({ timeout: 60_000 });
    await second.locator("table tbody tr").nth(before).waitFor({ timeout: 20_000 });
  });
  await check("a search narrows the list, and the address says so", async () => {
    await visit(page, at("/"), lab1);
    await page.keyboard.press("/");
    await page.keyboard.type("forecast");
    await page.locator("tbody tr").nth(1).waitFor({ state: "detached" });
    must(page.url().includes("q=forecast"), "the address does not say what is searched");
  });
  await check("a quarantined row is corrected and loaded", async () => {
    await visit(page, at(`/quarantine?lab=${lab1}`), "Reasons");
    const row = page.locator(".rejects li").first();
    const box = row.locator("textarea");
    const text = await box.inputValue();
    const reason = (await row.locator("strong").textContent()) ?? "";
    const wrong = /value (.+?) is no/.exec(reason)?.[1]?.replace(/^["'`]|["'`]$/g, "") ?? "";
    must(wrong !== "" && text.includes(wrong), `the row does not show what is wrong: ${reason} in ${text}`);
    await box.fill(text.replace(wrong, /TIMESTAMP/.test(reason) ? "1/6/2024 0:00" : "42"));
    await row.getByRole("button", { name: "Load it" }).click();
    await page.getByText(/1 row loaded/).waitFor();
  });
  await check("a query is asked, drawn and refused", async () => {
    await visit(page, at(`/query?lab=${lab1}`), "Tables");
    await page.getByRole("textbox", { name: "SQL" }).fill("from gold.gold_product_line_kpis");
    await page.keyboard.press("Control+Enter");
    await page.getByRole("region", { name: "Results" }).waitFor();
    await page.screenshot({ path: join(out, "query-results-light.png") });
    await page.getByRole("button", { name: "Chart" }).click();
    await page.locator("svg.chart").waitFor();
    await page.screenshot({ path: join(out, "query-chart-light.png") });
    await page.getByRole("textbox", { name: "SQL" }).fill("copy gold.gold_product_line_kpis to '/tmp/x.csv'");
    await page.keyboard.press("Control+Enter");
    await page.getByText("SRV-012").waitFor();
  });
  await check("the palette goes to a table by keyboard alone", async () => {
    await visit(page, at("/"), lab1);
    await page.keyboard.press("Control+k");
    await page.keyboard.type("gold_monthly");
    await page
      .getByRole("option", { name: /gold_monthly_sales/ })
      .first()
      .waitFor();
    await page.screenshot({ path: join(out, "palette-light.png") });
    await accessible(page);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "gold.gold_monthly_sales" }).waitFor();
    await page.keyboard.press("g");
    await page.keyboard.press("h");
    await page.getByRole("heading", { name: "Health" }).waitFor();
    await page.keyboard.press("?");
    await page.getByRole("heading", { name: "Keyboard" }).waitFor();
    await page.screenshot({ path: join(out, "shortcuts-light.png") });
    await page.keyboard.press("Escape");
  });
  await check("the graph zooms, searches and follows a node", async () => {
    await visit(page, at(`/labs/${lab1}?tab=graph`), "Fit");
    await page.getByRole("searchbox", { name: "Find a node" }).fill("monthly");
    await page.keyboard.press("Enter");
    await page.getByRole("complementary", { name: "Node" }).getByText("As run").waitFor();
    must((await page.locator(".edge.on").count()) > 0, "no edge is highlighted");
    must(page.url().includes("node=model."), "the address does not name the node");
  });
  await context.close();
}

async function restart(browser: Browser, served: Served, folder: string, api: string): Promise<Served> {
  const page = await browser.newPage();
  await visit(page, `${served.url}/`, lab1);
  const port = new URL(served.url).port;
  await served.stop();
  let again = served;
  await check("the page says that the server is gone, and goes on when it is back", async () => {
    await page.getByText("The server does not answer").waitFor({ timeout: 20_000 });
    again = await serveWorkspace(folder, api, "--port", port);
    await page.getByText("The server does not answer").waitFor({ state: "detached", timeout: 20_000 });
  });
  await page.close();
  return again;
}

const browser = await openBrowser();
const { folder, api, remove } = await exampleWorkspace();
let served = await serveWorkspace(folder, api, "--port", "0");
try {
  const at = await addressesOf(served);
  await doings(browser, at);
  await pages(browser, await addressesOf(served));
  served = await restart(browser, served, folder, api);
} finally {
  await browser.close();
  await served.stop().catch(() => {});
  remove();
}
console.log(`Screenshots: ${out}\n${passed} passed, ${failures.length} failed`);
process.exitCode = failures.length > 0 ? 1 : 0;
