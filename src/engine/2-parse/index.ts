export { parseHooks } from "./models.ts";
export { beginParse, filesOf, parseMacros, parseProject, parseTemplates } from "./parse-project.ts";
export type { ParsedProject, ParseInput } from "./parse-project.ts";
export { renderedArguments, testArgumentsName } from "./generic-tests.ts";
export { inNode, isRelational, storesFailures } from "./node.ts";
