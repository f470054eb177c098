import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { accessible, check, must, shot, visit } from "./checks.ts";
import { lab1, lab3 } from "./pages.ts";

type Address = (path: string) => string;
const wide = { viewport: { width: 1360, height: 860 } };

/** What a person does, one thing after the other. `folder`: the workspace. */
export async function doings(browser: Browser, at: Address, folder: string): Promise<void> {
  const context = await browser.newContext({ ...wide, acceptDownloads: true });
  const page = await context.newPage();
  await followFailure(page, at);
  await correctRow(page, at);
  await watchRun(context, page, at);
  await lookAtTable(page, at);
  await askQueries(page, at, folder);
  await goAround(page, at);
  await watchAlerts(page, at, folder);
  await context.close();
}

async function followFailure(page: Page, at: Address): Promise<void> {
  await check("a failure is followed to its cause in three clicks", async () => {
    await visit(page, at("/"), lab3);
    const first = page.locator("tbody tr").first();
    must((await first.textContent())?.includes(lab3), "the broken lab does not come first");
    await first.getByRole("link", { name: lab3 }).click();
    await page.getByRole("link", { name: "See why" }).click();
    await page.locator(".failure .message").filter({ hasText: "no_such_column" }).waitFor();
    // Marked in what was written and in what was sent.
    await page.locator("figure").filter({ hasText: "As written" }).locator(".marked").waitFor();
    await page.locator("figure").filter({ hasText: "As run" }).locator(".marked").waitFor();
  });
  await check("what was skipped says behind what, and a line of the log has a link of its own", async () => {
    await page.getByRole("tab", { name: /Skipped/ }).click();
    await page.getByText("behind gold_customer_rfm, which failed").first().waitFor();
    await page.getByRole("tab", { name: "Log" }).click();
    await page.getByLabel("Level").selectOption("error");
    await page
      .getByRole("link", { name: /Link to the line/ })
      .first()
      .click();
    must(/line=\d+/.test(page.url()), "the address does not name the line");
    await page.reload();
    await page.locator(".log .linked").filter({ hasText: "gold_customer_rfm" }).waitFor();
  });
}

async function correctRow(page: Page, at: Address): Promise<void> {
  await check("a quarantined row is corrected and loaded", async () => {
    await visit(page, at(`/quarantine?lab=${lab1}`), "Reasons");
    const row = page.locator(".rejects li").first();
    const box = row.locator("textarea");
    const text = await box.inputValue();
    const reason = (await row.locator("strong").textContent()) ?? "";
    const wrong = /value (.+?) is no/.exec(reason)?.[1]?.replace(/^["'`]|["'`]$/g, "") ?? "";
    must(wrong !== "" && text.includes(wrong), `the row does not show what is wrong: ${reason} in ${text}`);
    await box.fill(text.replace(`,${wrong},`, /TIMESTAMP/.test(reason) ? ",1/6/2024 0:00," : ",42,"));
    await row.getByRole("button", { name: "Load it" }).click();
    await page.getByText(/1 row loaded/).waitFor();
  });
  await check("the quarantine is exported as the file that can be corrected", async () => {
    const [file] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Export as CSV" }).click(),
    ]);
    const text = readFileSync(await file.path(), "utf8");
    must(text.startsWith('table,file,record,load,column,reason,"row"\n'), "it has no header");
    must(text.split("\n").length > 20, "it has not all rows");
  });
}

async function watchRun(context: BrowserContext, page: Page, at: Address): Promise<void> {
  await check("a run is watched live in two tabs, and the queue without reloading", async () => {
    const second = await context.newPage();
    const third = await context.newPage();
    await visit(page, at("/"), lab1);
    await second.goto(at(`/labs/${lab1}`));
    await second.getByText("Pipeline").waitFor();
    await third.goto(at("/health"));
    const jobs = third.getByRole("region", { name: "Jobs" });
    await jobs.waitFor();
    const [before, jobsBefore] = [
      await second.locator("table tbody tr").count(),
      await jobs.locator("tbody tr").count(),
    ];
    await page.getByRole("button", { name: `Run ${lab1}` }).click();
    await page
      .locator("tr", { hasText: lab1 })
      .getByText(/queued|running/)
      .first()
      .waitFor();
    await page.locator("tr", { hasText: lab1 }).getByText("ok", { exact: true }).waitFor({ timeout: 60_000 });
    await second.locator("table tbody tr").nth(before).waitFor({ timeout: 20_000 });
    await jobs.locator("tbody tr").nth(jobsBefore).waitFor({ timeout: 20_000 });
    await second.close();
    await third.close();
  });
  await check("run again leads to the new run when it begins, and to its end", async () => {
    await visit(page, at("LAST-OK"), "Longest models");
    const before = page.url();
    await page.getByRole("button", { name: "Run again" }).click();
    await page.waitForURL((url) => url.pathname.startsWith("/runs/") && url.href !== before, { timeout: 60_000 });
    await page.getByRole("heading", { name: /^Run/ }).getByText("ok", { exact: true }).waitFor({ timeout: 60_000 });
  });
  await check("a search narrows the list, and the address says so", async () => {
    await visit(page, at("/"), lab1);
    await page.keyboard.press("/");
    await page.keyboard.type("forecast");
    await page.locator("tbody tr").nth(1).waitFor({ state: "detached" });
    must(page.url().includes("q=forecast"), "the address does not say what is searched");
    await page.reload();
    must((await page.getByRole("searchbox").inputValue()) === "forecast", "the search is lost with a reload");
  });
}

async function lookAtTable(page: Page, at: Address): Promise<void> {
  const table = `/labs/${lab1}/tables/gold.gold_monthly_sales`;
  await check("failing rows of a test, with its history", async () => {
    await visit(page, at(table), "Most frequent");
    await page.getByRole("tab", { name: /Tests/ }).click();
    const row = page.locator("tbody tr").first();
    must((await row.locator(".history a").count()) >= 2, "there is no history");
    await row.getByRole("link").first().click();
    await page
      .getByRole("region", { name: /Rows that .+ does not accept/ })
      .locator("tbody td")
      .first()
      .waitFor();
    must(page.url().includes("test=expectation"), "the address does not name the test");
    await page
      .getByRole("region", { name: /Last runs of/ })
      .getByRole("link")
      .last()
      .click();
    await page.getByRole("tab", { name: /Models and tests/ }).waitFor();
    must(/\/runs\/.+tab=nodes&q=/.test(page.url()), "the mark of a run does not lead to its test");
    await page.goBack();
  });
  await check("a lost point leads to its rows, and to its query", async () => {
    await page.getByRole("tab", { name: "Score" }).click();
    await page.getByRole("link", { name: "Rows", exact: true }).first().click();
    await page.locator(".evidence tbody td").first().waitFor();
    await page.getByRole("link", { name: "Query", exact: true }).last().click();
    await page.getByRole("region", { name: "Results" }).waitFor();
  });
  await check("a column is followed to where it comes from, and from there to what it becomes", async () => {
    await visit(page, at(`${table}?tab=lineage`), "Made of");
    await page.getByLabel("Column").selectOption("growth");
    await page.locator(".flow-box .table", { hasText: "raw.sales_data" }).waitFor();
    await visit(page, at(`/labs/${lab1}/tables/silver.silver_order_lines?tab=lineage&column=SALES`), "Becomes");
    await page.locator(".flow-box .table", { hasText: "gold_monthly_sales" }).waitFor();
  });
  await check("what changed between two versions is told row by row", async () => {
    await visit(page, at(`/labs/${lab1}?tab=versions`), "against the one before");
    await page.getByRole("link", { name: "against the one before" }).first().click();
    await page.getByRole("link", { name: "gold.gold_product_line_kpis" }).click();
    await page.getByRole("region", { name: "Rows that differ" }).locator("td.differs").first().waitFor();
  });
  await check("rows are sorted and filtered by the server, and the address says how", async () => {
    await visit(page, at(`/labs/${lab1}/tables/gold.gold_customer_sales?tab=rows`), /\d+ rows/);
    await page.getByLabel("Column to filter").selectOption("country");
    await page.getByLabel(/What the column contains/).fill("=Germany");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "country =Germany" }).waitFor();
    await page.getByRole("button", { name: "sales", exact: true }).click();
    await page
      .getByRole("columnheader", { name: "sales", exact: true })
      .and(page.locator("[aria-sort=ascending]"))
      .waitFor();
    must(/filter=country/.test(page.url()) && /sort=sales/.test(page.url()), "the address does not say how");
    const cells = await page.locator("tbody tr:not(.spacer) td:nth-child(3)").allTextContents();
    must(cells.length > 5 && cells.every((text) => text === "" || text === "Germany"), `not only Germany: ${cells}`);
  });
}

async function askQueries(page: Page, at: Address, folder: string): Promise<void> {
  const editor = page.getByRole("textbox", { name: "SQL" });
  await check("a query is written with completion, asked and drawn", async () => {
    await visit(page, at(`/query?lab=${lab1}`), "Tables");
    await editor.click();
    await page.keyboard.type("select product_line, sales from gold.gold_product_l");
    await page
      .getByRole("option", { name: /gold_product_line_kpis/ })
      .first()
      .waitFor();
    await shot(page, "query-completion-light");
    await page.keyboard.press("Tab");
    must((await editor.textContent())?.includes("gold_product_line_kpis"), "Tab did not take the completion");
    await page.keyboard.press("Control+Enter");
    await page.getByRole("region", { name: "Results" }).waitFor();
    await shot(page, "query-results-light");
    await page.getByRole("button", { name: "Chart" }).click();
    await page.locator("svg.chart").waitFor();
    await shot(page, "query-chart-light");
    await accessible(page);
  });
  await check("a query is kept, opened by its link, renamed and removed", async () => {
    await page.getByRole("button", { name: "Keep this query" }).click();
    await page.getByLabel("Name of the query").fill("Sales by line");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Sales by line" }).waitFor();
    must(readFileSync(join(folder, "shared/queries/Sales by line.sql"), "utf8").includes("product_line"), "no file");
    await page.goto(at(`/query?lab=${lab1}&saved=Sales%20by%20line`));
    await page.getByRole("region", { name: "Results" }).waitFor();
    await page.getByRole("button", { name: "Rename, or keep a copy" }).click();
    await page.getByLabel("Name of the query").fill("Lines");
    await page.getByRole("button", { name: "Rename", exact: true }).click();
    await page.getByRole("button", { name: "Lines", exact: true }).waitFor();
    await shot(page, "query-saved-light");
    await page.getByRole("button", { name: "Remove", exact: true }).click();
    await page.getByRole("button", { name: "Remove Lines for everybody" }).click();
    await page.getByText("None yet.").waitFor();
  });
  await check("a query that takes long is cancelled, and one that writes is refused", async () => {
    await editor.fill("select count(*) from range(100000000000) a where a.range % 7 = 3");
    await page.keyboard.press("Control+Enter");
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.locator(".error-box").waitFor({ timeout: 10_000 });
    await editor.fill("copy gold.gold_product_line_kpis to '/tmp/x.csv'");
    await page.keyboard.press("Control+Enter");
    await page.getByText("SRV-012").waitFor();
  });
}

async function goAround(page: Page, at: Address): Promise<void> {
  await check("the palette goes to a table by keyboard alone", async () => {
    await visit(page, at("/"), lab1);
    await page.keyboard.press("Control+k");
    await page.keyboard.type("gold_monthly");
    await page
      .getByRole("option", { name: /gold_monthly_sales/ })
      .first()
      .waitFor();
    await shot(page, "palette-light");
    await accessible(page);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "gold.gold_monthly_sales" }).waitFor();
    await page.keyboard.press("g");
    await page.keyboard.press("h");
    await page.getByRole("heading", { name: "Health" }).waitFor();
    await page.keyboard.press("?");
    await page.getByRole("heading", { name: "Keyboard" }).waitFor();
    await shot(page, "shortcuts-light");
    await page.keyboard.press("Escape");
  });
  await check("the graph zooms, searches and follows a node", async () => {
    await visit(page, at(`/labs/${lab1}?tab=graph`), "Fit");
    await page.getByRole("searchbox", { name: "Find a node" }).fill("monthly");
    await page.keyboard.press("Enter");
    await page.getByRole("complementary", { name: "Node" }).getByText("As run").waitFor();
    must((await page.locator(".edge.on").count()) > 0, "no edge is highlighted");
    must(page.url().includes("node=model."), "the address does not name the node");
    const place = () => page.locator(".graph-box svg > g").getAttribute("transform");
    await page.waitForURL(/view=/);
    const before = await place();
    await page.reload();
    await page.locator(".graph-box svg > g .node").first().waitFor();
    must((await place())?.slice(0, 13) === before?.slice(0, 13), `another place: ${before}, now ${await place()}`);
  });
  await check("each setting names its file and line, and a search finds it", async () => {
    await visit(page, at(`/labs/${lab1}?tab=settings`), "Every setting");
    await page.getByRole("searchbox").fill("cron");
    const row = page.getByRole("region", { name: "Settings" }).locator("tbody tr");
    await row.nth(1).waitFor({ state: "detached" });
    must(
      /schedule\.cron.*lab\.yml:\d+/.test((await row.textContent()) ?? ""),
      "it is not told where the schedule stands",
    );
    await page.getByRole("searchbox").fill("publish.keep");
    await row.filter({ hasText: /publish\.keep5default/ }).waitFor();
  });
}

async function watchAlerts(page: Page, at: Address, folder: string): Promise<void> {
  await check("an alert opens, says who was told, and is over, while its page is looked at", async () => {
    const lab = "lab2_forecast_model";
    const model = join(folder, lab, "dbt", "models", "gold", "gold_broken.sql");
    const run = () =>
      page.evaluate(
        `fetch("/api/v1/session").then((r) => r.json()).then(({ csrf }) => fetch("/api/v1/labs/${lab}/runs", { method: "POST", headers: { "content-type": "application/json", "x-csrf-token": csrf }, body: "{}" })).then((r) => r.status)`,
      );
    await visit(page, at("/alerts"), "Alerts");
    writeFileSync(model, "select nothing_like_it from {{ ref('gold_forecast_accuracy') }}\n");
    try {
      must((await run()) === 202, "the run was not taken");
      const incident = page.locator(".incidents li").filter({ hasText: "gold_broken" });
      await incident.waitFor({ timeout: 60_000 });
      await incident.getByText("Told: log").waitFor({ timeout: 30_000 });
      await shot(page, "alerts-live-light");
      await accessible(page);
      writeFileSync(model, "select 1 as n\n");
      await run();
      await incident.waitFor({ state: "detached", timeout: 60_000 });
    } finally {
      writeFileSync(model, "select 1 as n\n");
    }
  });
}
