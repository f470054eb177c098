import { cleanProject } from "#engine/index.ts";
import type { Io } from "../io.ts";
import type { Printer } from "./printer.ts";
import { rootProjectOf } from "./root-project.ts";
import type { Settings } from "./settings.ts";

/** `dbt clean`: deletes the folders of clean-targets. */
export function cleanCommand(settings: Settings, printer: Printer, io: Pick<Io, "env">): number {
  cleanProject({
    ...rootProjectOf(settings, printer, io),
    projectFilesOnly: settings.on("clean_project_files_only"),
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
