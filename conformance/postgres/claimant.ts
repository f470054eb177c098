/** One of the processes that empty the queue: `node claimant.ts <name>`. Prints each job it finished. */
import { setTimeout as sleep } from "node:timers/promises";
import { openLedger } from "../../src/ledger/index.ts";

const [name = ""] = process.argv.slice(2);
const leaseMs = 30_000;

/** The database is struck meanwhile; whoever is cut off for longer than the ledger's patience asks again. */
async function stubbornly<T>(action: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await action();
    } catch (error) {
      if ((error as { code?: string }).code !== "LED-010") throw error;
    }
  }
}

const ledger = await stubbornly(() => openLedger("/none"));
for (;;) {
  const job = await stubbornly(() => ledger.jobs.claim(name, new Date(), leaseMs));
  if (!job) {
    const [open] = await stubbornly(() => ledger.jobs.jobs({ states: ["queued", "running"], limit: 1 }));
    if (!open) break;
    // A claim whose answer was lost is nobody's: what a server does when it looks for such jobs.
    for (const stale of await stubbornly(() => ledger.jobs.jobs({ states: ["running"], limit: 1000 })))
      if ((stale.leaseUntil ?? "") < new Date().toISOString())
        await stubbornly(() => ledger.jobs.interrupt(stale, "no sign of life", new Date(), 20));
    await sleep(100);
    continue;
  }
  const run = await stubbornly(() =>
    ledger.startRun({
      lab: job.lab,
      trigger: "schedule",
      command: "labs run",
      job: { id: job.id, attempt: job.attempt },
    }),
  ).catch((error: unknown) => {
    // The lease ran out while the database was away.
    if ((error as { code?: string }).code !== "LED-008") throw error;
    return undefined;
  });
  if (!run) continue;
  run.step("work");
  run.event({ type: "worked", text: name });
  await run.finish("ok");
  const done = await stubbornly(() => ledger.jobs.finish(job, { state: "ok", message: "done" }, new Date()));
  console.log(JSON.stringify({ job: job.id, done }));
}
await ledger.close();
