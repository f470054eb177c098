#!/usr/bin/env node
// The command from its sources; the one that is installed starts in start.ts.
import "./check-node.ts";

const { enableCompileCache } = await import("node:module");
enableCompileCache();
const { program } = await import("./program.ts");
await program(process.argv.slice(2));
