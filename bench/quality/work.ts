/** One piece of work in a process of its own: `work.ts <what> <database> [file]`. */
import { rmSync } from "node:fs";
import { openDatabase, quoteLiteral } from "#duck/index.ts";
import { publish } from "#publish/index.ts";
import { DataInspector } from "#quality/index.ts";

const [what, path = "", file = ""] = process.argv.slice(2);
const readOnly = what === "summarize" || what === "inspect";
const database = await openDatabase(path, { readOnly });
const connection = await database.connect();
switch (what) {
  case "summarize":
    await connection.query("SUMMARIZE gold.facts");
    break;
  case "inspect":
    await new DataInspector(connection).inspect({ tables: ["gold.facts"], sampleRows: 5 });
    break;
  case "copy":
    for (const old of [file, `${file}.wal`]) rmSync(old, { force: true });
    await connection.run(`ATTACH ${quoteLiteral(file)} AS copied`);
    await connection.run("COPY FROM DATABASE live TO copied");
    await connection.run("DETACH copied");
    break;
  case "publish": {
    // `file` is empty for a whole version, else the name of the only table that changed since the last.
    const identity = ({ name }: { name: string }) => (name === file ? `changed ${Date.now()}` : "the same");
    const done = await publish(database, { runId: null, score: null, keep: 2, identity });
    if (done.outcome !== "published" || (file !== "" && done.version.kept !== 8)) throw new Error(JSON.stringify(done));
    break;
  }
  default:
    throw new Error(`unknown work ${what}`);
}
await database.close();
