import type { RootProjectOptions } from "#engine/index.ts";
import type { Io } from "../io.ts";
import type { Printer } from "./printer.ts";
import type { Settings } from "./settings.ts";

/** What the settings of a command say about the project's own file. */
export const rootProjectOf = (settings: Settings, printer: Printer, { env }: Pick<Io, "env">): RootProjectOptions => ({
  projectDir: settings.projectDir,
  vars: settings.record("vars"),
  env,
  versionCheck: settings.on("version_check"),
  targetPath: settings.text("target_path"),
  warn: ({ name, code, text }) => printer.message({ type: "message", level: "warn", name, code, text }),
});
