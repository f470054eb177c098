import { serve } from "#orchestrate/index.ts";
import { workspaceOf } from "../context.ts";
import type { Verb } from "../io.ts";
import { startPages } from "../look/pages.ts";
import { tellLeftBehind } from "../look/ledger.ts";
import { serverScreen, workerOptions, workerSettings } from "../run/server-screen.ts";

export const verb: Verb = {
  options: [
    ...workerOptions,
    {
      flags: "--port <n>",
      description: "Port of the page and the API; default: 4400, or a free one when that is taken",
    },
    { flags: "--host <address>", description: "Offer them to other machines, to users and tokens" },
    { flags: "--allow-host <name...>", description: "Further names that the page is called by, as behind a proxy" },
    {
      flags: "--behind-proxy",
      description: "A proxy that speaks HTTPS stands in front: believe its X-Forwarded-For and X-Forwarded-Proto",
    },
    { flags: "--no-ui", description: "Without the page and the API" },
  ],
  examples: [
    {
      command: "labs serve",
      does: "Run every lab by the `schedule` of its lab.yml, until ctrl-C, with a page to look at",
    },
    { command: "labs serve -j 4 --memory 8000", does: "Four labs side by side with two gigabytes each" },
    { command: "labs serve -o json", does: "What happens as lines of JSON, for a log" },
  ],
  exitNotes:
    "0 after ctrl-C or SIGTERM; a second one stops at once, and what was running goes on with the next server.",
  endsBySignal: true,
  async run(input) {
    const { io, options } = input;
    const workspace = workspaceOf(input);
    await tellLeftBehind(input, workspace);
    const stop = new AbortController();
    let pages: ReturnType<typeof startPages> | undefined;
    let failure: unknown;
    const tell = serverScreen(input);
    const begin = () => {
      // Only the one server of a workspace has a page: it is started once that is certain.
      pages = startPages(input, workspace.root);
      pages.then(
        ({ url }) => tell({ type: "ui", url }),
        (error: unknown) => {
          failure = error;
          stop.abort();
        },
      );
    };
    await serve({
      workspace: workspace.root,
      script: process.argv[1] ?? "",
      ...workerSettings(options),
      signal: AbortSignal.any([io.signal, stop.signal]),
      onEvent: (event) => {
        tell(event);
        if (event.type === "started" && options["ui"] !== false) begin();
        else void pages?.then(({ onServerEvent }) => onServerEvent(event)).catch(() => {});
      },
    }).finally(async () => {
      const server = await pages?.catch(() => undefined);
      await server?.close();
    });
    if (failure !== undefined) throw failure;
    return 0;
  },
};
