export { parseProject } from "./parse-project.ts";
export type { ParsedProject } from "./parse-project.ts";
export { renderedArguments, testArgumentsName } from "./generic-tests.ts";
export { inNode, isRelational, storesFailures } from "./node.ts";
