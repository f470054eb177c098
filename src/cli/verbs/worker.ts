import { work } from "#orchestrate/index.ts";
import { workspaceOf } from "../context.ts";
import type { Verb } from "../io.ts";
import { tellLeftBehind } from "../look/ledger.ts";
import { serverScreen, workerOptions, workerSettings } from "../run/server-screen.ts";

export const verb: Verb = {
  options: workerOptions,
  examples: [
    { command: "labs worker", does: "Run jobs of the queue in LABS_DATABASE_URL on this host, until ctrl-C" },
    { command: "labs worker -j 4 --memory 8000", does: "Four labs side by side with two gigabytes each" },
  ],
  exitNotes: "0 after ctrl-C or SIGTERM; a second one stops at once, and what was running goes on elsewhere.",
  endsBySignal: true,
  async run(input) {
    const { io, options } = input;
    const workspace = workspaceOf(input);
    await tellLeftBehind(input, workspace);
    await work({
      workspace: workspace.root,
      script: process.argv[1] ?? "",
      ...workerSettings(options),
      signal: io.signal,
      onEvent: serverScreen(input),
    });
    return 0;
  },
};
