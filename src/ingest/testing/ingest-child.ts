/** Loads the folder given as its argument, for tests that kill it. */
import { join } from "node:path";
import { openDatabase } from "#duck/index.ts";
import { detectChanges } from "../detect/detect.ts";
import { loadChanges } from "../load/load.ts";
import { columns, source } from "./lab.ts";

const folder = process.argv[2] ?? ".";
const declared = columns({ id: "BIGINT", qty: "BIGINT" });
const lab = {
  name: "killed",
  paths: { raw: join(folder, "raw") },
  config: { sources: [source("orders", { ...(declared && { columns: declared }) })] },
};
const database = await openDatabase(join(folder, "lab.duckdb"));
const plan = await detectChanges({ lab, database, settleMs: 0 });
const { failed } = await loadChanges(plan, { database, loadId: `pid-${process.pid}` });
await database.close();
process.exitCode = failed > 0 ? 1 : 0;
