import { type DepsEvent, installPackages } from "#engine/index.ts";
import type { Io } from "../io.ts";
import type { Printer } from "./printer.ts";
import { rootProjectOf } from "./root-project.ts";
import type { Settings } from "./settings.ts";

/** `dbt deps`: installs packages; needs neither profile nor database. */
export async function depsCommand(settings: Settings, printer: Printer, io: Pick<Io, "env">): Promise<number> {
  const add = settings.record("add_package");
  await installPackages({
    ...rootProjectOf(settings, printer, io),
    upgrade: settings.on("upgrade"),
    lockOnly: settings.on("lock"),
    ...(typeof add.name === "string" && {
      add: {
        name: add.name,
        version: typeof add.version === "string" ? add.version : null,
        source: settings.text("source") as "hub" | "git" | "local",
      },
    }),
    report: ({ name, code, level, text, data }: DepsEvent) => {
      if (level === "warn") printer.message({ type: "message", level, name, code, text });
      else printer.write({ name, code, level, msg: text, data: data ?? { msg: text } });
    },
  });
  return 0;
}
