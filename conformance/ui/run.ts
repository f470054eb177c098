/**
 * Walks the pages of `labs serve` on the example workspace as a person would, checks each with axe, and writes a screenshot
 * of each: `node conformance/ui/run.ts [--out <folder>] [--only <words>]`. Ends with `N passed, M failed`.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openBrowser } from "./browser.ts";
import { report } from "./checks.ts";
import { doings } from "./doings.ts";
import { keyboardOnly, restart, twoBrowsers } from "./browsers.ts";
import { addressesOf, pages } from "./pages.ts";
import { signingIn } from "./signing-in.ts";
import { exampleWorkspace, serveWorkspace } from "./workspace.ts";

const browser = await openBrowser();
const { folder, api, remove } = await exampleWorkspace();
// Alerts go to a file, so that there is somebody who was told.
mkdirSync(join(folder, "shared", "config"), { recursive: true });
writeFileSync(
  join(folder, "shared", "config", "alerts.yml"),
  "channels:\n  log:\n    type: file\n    path: shared/alerts.ndjson\n",
);
let served = await serveWorkspace(folder, api, "--port", "0");
try {
  await doings(browser, await addressesOf(served), folder);
  await twoBrowsers(browser, served);
  await keyboardOnly(browser, served);
  await pages(browser, await addressesOf(served));
  served = await restart(browser, served, folder, api);
  await served.stop();
  await signingIn(browser, folder, api);
} finally {
  await browser.close();
  await served.stop().catch(() => {});
  remove();
}
process.exitCode = report() ? 0 : 1;
