import { packMacros, addPackedMacros } from "../2-parse/macros.ts";
import { dependenciesOf, mentionsOf } from "../3-link/macro-dependencies.ts";
import { MacroTable } from "../context/macro-table.ts";
import { collectBuiltins, type BuiltinPackage } from "./index.ts";

/** The built-in packages with an index of their macros: what the build writes into `builtins.json`. */
export function packBuiltins(): BuiltinPackage[] {
  const world = { macros: new MacroTable(""), manifest: { macros: {} }, read: { root: { dispatch: [] } } };
  const packages = collectBuiltins().map((builtin) => {
    const sources = builtin.files.map((f) => ({
      path: f.path,
      searchPath: "macros",
      relativePath: f.path,
      contents: f.path.endsWith(".sql") ? f.contents : "",
    }));
    const macros = packMacros(sources);
    addPackedMacros(world, builtin.name, sources, macros);
    return { ...builtin, macros };
  });
  for (const { name, macros } of packages) {
    for (const macro of macros) {
      const entry = world.macros.package(name)?.get(macro.name);
      if (entry) Object.assign(macro, { dependsOn: dependenciesOf(world, entry), mentions: mentionsOf(entry) });
    }
  }
  return packages;
}
