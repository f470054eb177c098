import { packMacros } from "../2-parse/macros.ts";
import { collectBuiltins, type BuiltinPackage } from "./index.ts";

/** The built-in packages with an index of their macros: what the build writes into `builtins.json`. */
export function packBuiltins(): BuiltinPackage[] {
  return collectBuiltins().map((builtin) => {
    const sources = builtin.files.map((f) => ({
      path: f.path,
      searchPath: "macros",
      relativePath: f.path,
      contents: f.path.endsWith(".sql") ? f.contents : "",
    }));
    return { ...builtin, macros: packMacros(sources) };
  });
}
