export { compileNode, wantsFailuresStored, type CompileOptions, type EphemeralCompilations } from "./compile-node.ts";
