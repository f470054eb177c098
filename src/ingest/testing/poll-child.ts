/** Polls the API at its second argument into the lab at its first, for tests that kill it. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { openDatabase } from "#duck/index.ts";
import { detectChanges } from "../detect/detect.ts";
import { loadChanges } from "../load/load.ts";
import { killedSources } from "./polled.ts";

const [folder = ".", url = ""] = process.argv.slice(2);
mkdirSync(join(folder, "raw"), { recursive: true });
const lab = { name: "killed", paths: { raw: join(folder, "raw") }, config: { sources: killedSources(url) } };
const database = await openDatabase(join(folder, "lab.duckdb"));
const plan = await detectChanges({ lab, database, settleMs: 0 });
const { failed } = await loadChanges(plan, { database, loadId: `pid-${process.pid}` });
await database.close();
process.exitCode = failed > 0 ? 1 : 0;
