#!/usr/bin/env node
// The installed command: the whole program is one script beside this file.
import "./check-node.ts";

const { restartedWithSqlite } = await import("./with-sqlite.ts");
if (!restartedWithSqlite()) {
  const { loadProgram } = await import("./load-program.ts");
  await loadProgram(process.argv.slice(2));
}
