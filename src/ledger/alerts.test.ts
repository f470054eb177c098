import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach } from "vitest";
import { openLedger } from "./index.ts";
import { alertContract } from "./testing/alert-contract.ts";

let folder = "";
afterEach(() => rmSync(folder, { recursive: true, force: true }));

alertContract("SQLite", async (again) => {
  if (!again) folder = mkdtempSync(join(tmpdir(), "alerts-"));
  return openLedger(join(folder, "ledger.db"));
});
