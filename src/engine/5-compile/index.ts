export {
  compileNode,
  writeCompiled,
  wantsFailuresStored,
  type CompileOptions,
  type EphemeralCompilations,
} from "./compile-node.ts";
