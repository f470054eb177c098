import { once } from "node:events";
import { openDocsSite } from "#engine/index.ts";
import { serveFiles } from "#server/index.ts";
import type { Io } from "../io.ts";
import { openInBrowser } from "../open-in-browser.ts";
import type { Printer } from "./printer.ts";
import { rootProjectOf } from "./root-project.ts";
import type { Settings } from "./settings.ts";

/**
 * `dbt docs serve`: the pages that `docs generate` left, until ctrl-C. Its lines are those of dbt-core's task/docs/serve.py.
 * Errors: READ-010 without documentation, SRV-001 when the port is taken.
 */
export async function docsServeCommand(
  settings: Settings,
  printer: Printer,
  io: Pick<Io, "env" | "signal" | "isTTY">,
): Promise<number> {
  const read = openDocsSite(rootProjectOf(settings, printer, io));
  const served = await serveFiles({
    host: settings.text("host") ?? "127.0.0.1",
    port: settings.integer("port") ?? 8080,
    read,
  });
  try {
    printer.print(`Serving docs at ${served.port}`);
    printer.print(`To access from your browser, navigate to: ${served.url}`);
    printer.print("\n");
    printer.print("Press Ctrl+C to exit.");
    if (settings.on("browser") && io.isTTY) await openInBrowser(served.url);
    if (!io.signal.aborted) await once(io.signal, "abort");
  } finally {
    await served.close();
  }
  return 0;
}
