import { afterEach } from "vitest";
import { type Ledger, openLedger } from "./index.ts";
import { accessContract } from "./testing/access-contract.ts";
import { jobContract } from "./testing/job-contract.ts";

const opened: Ledger[] = [];
afterEach(async () => {
  for (const ledger of opened.splice(0)) await ledger.close();
});

async function open(): Promise<Ledger> {
  // Nothing lies there, so it is a database in memory.
  const ledger = await openLedger("/missing/ledger.db", { mode: "read" });
  opened.push(ledger);
  return ledger;
}

jobContract("SQLite", async () => (await open()).jobs);
accessContract("SQLite", open);
