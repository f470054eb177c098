import { mkdirSync, mkdtempSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import type { Page } from "playwright-core";

const { values } = parseArgs({ options: { out: { type: "string" }, only: { type: "string" } } });
/** Folder of the screenshots. */
export const out = resolve(values.out ?? mkdtempSync(join(tmpdir(), "labs-screens-")));
mkdirSync(out, { recursive: true });
const axeFile = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

let passed = 0;
const failures: string[] = [];

/** One thing that must work; what goes wrong is told, and the others go on. */
export async function check(name: string, action: () => Promise<unknown>): Promise<void> {
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

export function must(is: unknown, what: string): void {
  if (!is) throw new Error(what);
}

/** Says how it went; true when all is well. */
export function report(): boolean {
  console.log(`Screenshots: ${out}\n${passed} passed, ${failures.length} failed`);
  return failures.length === 0;
}

export const shot = (page: Page, name: string, fullPage = false): Promise<unknown> =>
  page.screenshot({ path: join(out, `${name}.png`), fullPage });

/** Opens an address and waits until it shows what it is about. */
export async function visit(page: Page, url: string, shows: string | RegExp): Promise<void> {
  await page.goto(url);
  await page.getByText(shows).first().waitFor({ timeout: 20_000 });
  await page.locator(".loading").first().waitFor({ state: "detached", timeout: 20_000 });
}

interface AxeResult {
  violations: { id: string; impact: string; nodes: { target: string[]; failureSummary: string }[] }[];
}

/** WCAG 2.2 AA, as far as axe can tell. */
export async function accessible(page: Page): Promise<void> {
  await page.addScriptTag({ path: axeFile }).catch(async () => {
    // The page's own policy forbids foreign scripts, as it should; the debugger may put them in.
    await page.evaluate(readFileSync(axeFile, "utf8"));
  });
  const { violations } = (await page.evaluate(
    "axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] })",
  )) as AxeResult;
  const lines = violations.map(
    ({ id, nodes }) => `${id}: ${nodes.length}, first ${nodes[0]?.target.join(" ")}: ${nodes[0]?.failureSummary}`,
  );
  must(lines.length === 0, lines.join("\n"));
}
