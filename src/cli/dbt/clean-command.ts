import { cleanProject } from "#engine/index.ts";
import type { Io } from "../io.ts";
import type { Printer } from "./printer.ts";
import type { Settings } from "./settings.ts";

/** `dbt clean`: deletes the folders of clean-targets. */
export function cleanCommand(settings: Settings, printer: Printer, io: Pick<Io, "env">): number {
  cleanProject({
    projectDir: settings.projectDir,
    vars: settings.record("vars"),
    env: io.env,
    versionCheck: settings.on("version_check"),
    targetPath: settings.text("target_path"),
    projectFilesOnly: settings.on("clean_project_files_only"),
    warn: ({ name, code, text }) => printer.message({ type: "message", level: "warn", name, code, text }),
    report: (step, path) =>
      printer.write(
        step === "checking"
          ? { name: "CheckCleanPath", code: "Z012", level: "info", msg: `Checking ${path}/*`, data: { path } }
          : { name: "ConfirmCleanPath", code: "Z013", level: "info", msg: `Cleaned ${path}/*`, data: { path } },
      ),
  });
  printer.write({ name: "FinishedCleanPaths", code: "Z015", level: "info", msg: "Finished cleaning all paths." });
  return 0;
}
