import { join } from "node:path";
import { connectToServer } from "#orchestrate/index.ts";
import { readIfThere, type Workspace } from "#registry/index.ts";
import { workspaceOf } from "../context.ts";
import type { Verb } from "../io.ts";
import { startPages } from "../look/pages.ts";
import { openInBrowser } from "../open-in-browser.ts";

export const verb: Verb = {
  options: [
    { flags: "--port <n>", description: "Port of the page when no server runs; default: 4400, or a free one" },
    { flags: "--no-open", description: "Only print the address" },
  ],
  examples: [
    { command: "labs ui", does: "Open the page of the server that runs, or a page to look at until ctrl-C" },
    { command: "labs ui --port 8080 --no-open", does: "On another port, without opening a browser" },
  ],
  exitNotes: "Without `labs serve` the page only shows: nothing can be run from it.",
  endsBySignal: true,
  async run(input) {
    const { io, options, global } = input;
    const workspace = workspaceOf(input);
    const say = (url: string, readOnly: boolean) => {
      if (global.output === "json") io.out(`${JSON.stringify({ url, read_only: readOnly })}\n`);
      else if (readOnly) io.out(`${url}  (to look at; \`labs serve\` also runs labs; ctrl-C ends)\n`);
      else io.out(`${url}\n`);
      if (options["open"] !== false && io.isTTY) void openInBrowser(url);
    };
    const url = await urlOfServer(workspace);
    if (url !== undefined) {
      say(url, false);
      return 0;
    }
    const server = await startPages(input, workspace.root, { readOnly: true });
    try {
      say(server.url, true);
      if (!io.signal.aborted) await new Promise((resolve) => io.signal.addEventListener("abort", resolve));
    } finally {
      await server.close();
    }
    return 0;
  },
};

/** Where the server of a workspace has its page; undefined when none runs, or it runs without. */
async function urlOfServer({ state }: Workspace): Promise<string | undefined> {
  const client = await connectToServer(state);
  if (!client) return undefined;
  const { pid } = await client.status().finally(() => client.close());
  try {
    const file = JSON.parse(readIfThere(join(state, "ui.json")) ?? "{}") as { pid?: number; url?: string };
    return file.pid === pid ? file.url : undefined;
  } catch {
    return undefined;
  }
}
