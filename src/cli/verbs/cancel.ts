import { type JobInfo, userName } from "#ledger/index.ts";
import { connectToServer, orchestrateErrors } from "#orchestrate/index.ts";
import { workspaceOf, writeJson } from "../context.ts";
import type { Verb } from "../io.ts";
import { changingJobs } from "../look/jobs.ts";

export const verb: Verb = {
  arguments: [
    { name: "<job...>", description: "Ids of jobs or their ends, or labs: then all their jobs", variadic: true },
  ],
  examples: [
    { command: "labs cancel 4f7k2mq", does: "Cancel one job; `labs jobs` shows the ids" },
    { command: "labs cancel lab1_sales_performance", does: "Cancel what runs and waits of a lab" },
  ],
  async run(input) {
    const { io, args, global } = input;
    const workspace = workspaceOf(input);
    const by = userName();
    const cancelled = await changingJobs(workspace, async (jobs) => {
      const open = await jobs.jobs({ states: ["queued", "running"], limit: 100_000 });
      const wanted = new Map(args.flatMap((word) => matching(open, word)).map((job) => [job.id, job]));
      const done: JobInfo[] = [];
      for (const job of wanted.values()) {
        const after = await jobs.cancel(job.id, by, new Date());
        if (after) done.push(after);
      }
      return done;
    });
    // Its process is told at once; without a server its next sign of life finds out.
    const server = await connectToServer(workspace.state);
    for (const job of cancelled) if (job.state === "running") await server?.cancel(job.id).catch(() => {});
    server?.close();
    if (global.output === "json") writeJson(input, { cancelled });
    else
      for (const job of cancelled)
        io.out(`${job.lab}: ${job.state === "running" ? "is told to stop" : "will not run"} (${job.id.slice(-7)})\n`);
    return 0;
  },
};

/** Open jobs that a word means. Errors: ORC-005 when there are none. */
function matching(open: JobInfo[], word: string): JobInfo[] {
  const found = open.filter(({ id, lab }) => lab === word || id === word || (word.length >= 4 && id.endsWith(word)));
  if (found.length > 0) return found;
  throw orchestrateErrors.jobUnknown({
    message: `No job that runs or waits is, or is of, ${word}.`,
    hint: "`labs jobs` lists them.",
  });
}
