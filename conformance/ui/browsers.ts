import type { Browser } from "playwright-core";
import { check, must, visit } from "./checks.ts";
import { lab1, lab3 } from "./pages.ts";
import { type Served, serveWorkspace } from "./workspace.ts";

/** Two people: what one does, the other sees. */
export async function twoBrowsers(browser: Browser, served: Served): Promise<void> {
  const [one, other] = [await browser.newContext(), await browser.newContext()];
  const [ann, bob] = [await one.newPage(), await other.newPage()];
  await check("two browsers at once: one pauses a lab, the other sees it and resumes it", async () => {
    await visit(ann, `${served.url}/`, lab1);
    await visit(bob, `${served.url}/labs/${lab1}`, "Pipeline");
    await ann.getByRole("button", { name: `Pause ${lab1}` }).click();
    await bob.getByText("Schedules leave it alone").waitFor({ timeout: 10_000 });
    await bob.getByRole("button", { name: `Resume ${lab1}` }).click();
    await ann.getByRole("button", { name: `Pause ${lab1}` }).waitFor({ timeout: 10_000 });
  });
  await one.close();
  await other.close();
}

/** The whole way from the list to the cause of a failure, and back to work, without a mouse. */
export async function keyboardOnly(browser: Browser, served: Served): Promise<void> {
  const page = await browser.newPage();
  const focused = () => page.evaluate("document.activeElement?.textContent ?? ''") as Promise<string>;
  await check("keyboard only: from the list to the cause", async () => {
    await visit(page, `${served.url}/`, lab3);
    // Labs that have just begun by themselves may stand above it for a moment.
    await page.locator("tbody tr").first().filter({ hasText: lab3 }).waitFor({ timeout: 30_000 });
    await page.keyboard.press("Tab");
    must((await focused()) === "To the content", "the first stop is not the way past the menu");
    await page.keyboard.press("Enter");
    await page.locator("main:focus").waitFor();
    // Search, filters, then the table: down to the row of the broken lab.
    for (
      let i = 0;
      i < 20 &&
      !(await page.evaluate(
        "document.activeElement?.role === 'region' || document.activeElement?.getAttribute('role') === 'region'",
      ));
      i++
    )
      await page.keyboard.press("Tab");
    await page.keyboard.press("ArrowDown");
    must((await focused()).includes(lab3), `the first row is not the broken lab: ${await focused()}`);
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("Enter");
    await page.getByText("See why").waitFor();
    for (let i = 0; i < 40 && (await focused()) !== "See why"; i++) await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.locator(".failure .message").filter({ hasText: "no_such_column" }).waitFor();
    for (let i = 0; i < 40 && !(await focused()).startsWith("Failures"); i++) await page.keyboard.press("Tab");
    await page.keyboard.press("ArrowRight");
    await page.locator('[role=tab][aria-selected="true"]', { hasText: "Timeline" }).waitFor();
    must((await focused()) === "Timeline", "the focus did not go with the tab");
  });
  await page.close();
}

/** The server goes away and comes back: in the middle of looking, and of a run. */
export async function restart(browser: Browser, served: Served, folder: string, api: string): Promise<Served> {
  const page = await browser.newPage();
  await visit(page, `${served.url}/?q=lab`, lab1);
  const port = new URL(served.url).port;
  await page.getByRole("button", { name: `Run ${lab1}` }).click();
  await page
    .locator("tr", { hasText: lab1 })
    .getByText(/queued|running/)
    .first()
    .waitFor();
  await served.stop();
  let again = served;
  await check("the page says that the server is gone, and goes on when it is back", async () => {
    await page.getByText("The server does not answer").waitFor({ timeout: 20_000 });
    again = await serveWorkspace(folder, api, "--port", port);
    await page.getByText("The server does not answer").waitFor({ state: "detached", timeout: 20_000 });
    must(page.url().endsWith("?q=lab"), "it has forgotten what was searched");
    // What the interrupted run came to is told without reloading.
    await page
      .locator("tr", { hasText: lab1 })
      .getByText(/^(ok|cancelled|failed|crashed)$/)
      .first()
      .waitFor({ timeout: 60_000 });
  });
  await page.close();
  return again;
}
