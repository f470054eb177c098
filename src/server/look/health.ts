import type { Ledger } from "#ledger/index.ts";
import { Alerter, examineHealth } from "#orchestrate/index.ts";
import type { Workspace } from "#registry/index.ts";
import type { Health } from "../types.ts";

/** What `labs health` says. Errors: those of the ledger. */
export async function healthItems(workspace: Workspace, ledger: Ledger): Promise<Health["items"]> {
  const facts = await new Alerter(ledger, workspace, { env: process.env }).health();
  return examineHealth(facts).map(({ level, check, lab, text, hint }) => ({
    level,
    check,
    lab,
    text,
    hint: hint ?? null,
  }));
}
