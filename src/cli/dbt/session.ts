import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { isLabsError } from "#errors/index.ts";
import { dbtVersion, findProjectDir, LogFile, pathKind, readRawProject } from "#engine/index.ts";
import { dbtErrors } from "./errors.ts";
import { toFlags } from "./flags.ts";
import { usageErrorText } from "./help.ts";
import { Log, type LogFormat, type LogLevel } from "./log.ts";
import type { CommandLine } from "./parse.ts";
import type { DbtContext } from "./context.ts";
import { Printer, type Told } from "./printer.ts";
import { Style } from "./record.ts";
import { resolveSettings, type Settings } from "./settings.ts";
import { adapterVersion } from "./versions.ts";
import { WarnErrors } from "./warn-errors.ts";

/** Carries out a command line that was understood; see `runDbt`. */
export async function runSession(line: CommandLine, words: string[], { io, lab }: DbtContext): Promise<number> {
  let settings: Settings;
  try {
    settings = resolveSettings(line, {
      cwd: io.cwd,
      env: io.env,
      ...(lab && { ownTarget: true, projectDir: projectOf(io.cwd, lab.projectDir) }),
    });
  } catch (error) {
    return startupError(error, io);
  }
  const printer = openPrinter(settings, io);
  try {
    printer.write({
      name: "MainReportVersion",
      code: "A001",
      level: "info",
      msg: `Running with dbt=${dbtVersion}`,
      data: { version: `=${dbtVersion}`, log_version: 3 },
    });
    for (const { name, code, text } of settings.notices) {
      const level = name === "Note" ? "info" : "warn";
      printer.message({ type: "message", level, name, code, text });
    }
    if (words.some((word) => /^(?:--models?(?:=.*)?|-m)$/.test(word))) {
      printer.message({
        type: "message",
        level: "warn",
        name: "ModelParamUsageDeprecation",
        code: "D032",
        text: "Usage of `--models`, `--model`, and `-m` is deprecated in favor of `--select` or `-s`.",
      });
    }
    if (
      settings.text("selector") !== undefined &&
      settings.list("select").length + settings.list("exclude").length > 0
    ) {
      printer.message({
        type: "message",
        level: "warn",
        name: "SelectExcludeIgnoredWithSelectorWarning",
        code: "Z064",
        text: "The --select and --exclude arguments are being ignored for node selection because --selector is provided",
      });
    }
    const exit = await carryOut(settings, words, printer, { io, lab });
    printer.checkDeprecations();
    return exit;
  } catch (error) {
    if (isLabsError(error) && error.data?.dbtType === "Usage") {
      io.err(usageErrorText(error.message, settings.command, error.hint));
      return 2;
    }
    printer.failure(error);
    return 2;
  } finally {
    printer.close();
  }
}

/** Inside a lab a nested dbt project of its own goes first; elsewhere the lab's project is meant. */
function projectOf(cwd: string, labProject: string): string {
  const nearest = findProjectDir(cwd);
  return nearest.startsWith(labProject) ? nearest : labProject;
}

async function carryOut(
  settings: Settings,
  words: string[],
  printer: Printer,
  { io, lab }: DbtContext,
): Promise<number> {
  const { command } = settings;
  switch (command) {
    case "deps": {
      const { depsCommand } = await import("./deps-command.ts");
      return depsCommand(settings, printer, io);
    }
    case "clean": {
      const { cleanCommand } = await import("./clean-command.ts");
      return cleanCommand(settings, printer, io);
    }
    case "debug": {
      const { debugCommand } = await import("./debug-command.ts");
      return debugCommand(settings, printer, io, await lab?.target(settings));
    }
    case "init":
      throw dbtErrors.unsupported({
        message: "`labs dbt init` is not available.",
        hint: "Create a lab with its dbt project by `labs new <lab>`.",
      });
    case "docs serve": {
      const { docsServeCommand } = await import("./docs-serve-command.ts");
      return docsServeCommand(settings, printer, io);
    }
    default:
      break;
  }
  const target = await lab?.target(settings);
  // Relative paths in SQL and in COPY mean the project's folder.
  process.chdir(settings.projectDir);
  const { runCommand } = await import("#engine/index.ts");
  const flags = toFlags(settings, words);
  const interrupt = (): void => void (printer.interrupted = true);
  io.signal.addEventListener("abort", interrupt);
  try {
    const outcome = await runCommand(flags, {
      sink: printer.sink,
      signal: io.signal,
      env: io.env,
      cwd: io.cwd,
      invocationId: printer.invocationId,
      ...(target && { target }),
      ...(lab && { guard: lab.guard }),
    });
    for (const line of outcome.lines ?? []) printer.print(line);
    if (outcome.text) printer.print(outcome.text);
    return outcome.exit;
  } finally {
    io.signal.removeEventListener("abort", interrupt);
  }
}

/** Errors before there is a log: usage, and project flags that contradict each other. */
function startupError(error: unknown, io: DbtContext["io"]): number {
  if (!isLabsError(error)) throw error;
  if (error.data?.dbtType === "Usage") {
    const option = /^Invalid value for '--(vars|args)'/.exec(error.message)?.[1];
    if (option)
      io.out(
        `${new Date().toISOString().slice(11, 19)}  [ERROR]: The YAML provided in the --${option} argument is not valid.\n`,
      );
    io.err(usageErrorText(error.message, (error.data.command as string | null) ?? undefined, error.hint));
    return 2;
  }
  const style = new Style(false, 80);
  const plain = {
    format: "text" as const,
    level: "info" as const,
    color: false,
    write: (line: string) => io.out(`${line}\n`),
  };
  const log = new Log({ console: plain, invocationId: randomUUID(), env: io.env, print: true });
  printerOf(log, style, new WarnErrors({ all: false }), false, { counts: true, nodes: true }).failure(error);
  return 2;
}

function printerOf(log: Log, style: Style, warnErrors: WarnErrors, showAllDeprecations: boolean, told: Told): Printer {
  return new Printer({ log, style, warnErrors, showAllDeprecations, adapterVersion, told });
}

function openPrinter(settings: Settings, io: DbtContext["io"]): Printer {
  const color = settings.on("use_colors") && !io.env.NO_COLOR;
  const debug = settings.on("debug");
  const formatOf = (name: string, usual: LogFormat): LogFormat => {
    const value = settings.text(name) ?? "default";
    return value === "default" ? usual : (value as LogFormat);
  };
  const level = settings.text("log_level") as LogLevel;
  const consoleLevel: LogLevel = level === "none" ? "none" : settings.on("quiet") ? "error" : debug ? "debug" : level;
  const fileLevel = settings.text("log_level_file") as LogLevel;
  let file: LogFile | undefined;
  const project = pathKind(join(settings.projectDir, "dbt_project.yml")) === "file";
  // Outside a project no folder is created, unless it was named.
  if (fileLevel !== "none" && (project || settings.given("log_path")))
    file = new LogFile(logFolder(settings), settings.integer("log_file_max_bytes") ?? 0);
  const log = new Log({
    console: {
      format: formatOf("log_format", "text"),
      level: consoleLevel,
      color,
      write: (line) => io.out(`${line}\n`),
    },
    ...(file && {
      file: {
        file,
        format: formatOf("log_format_file", "debug"),
        level: debug ? ("debug" as const) : fileLevel,
        color: color && settings.on("use_colors_file"),
        write: (line: string) => file.write(line),
      },
    }),
    invocationId: randomUUID(),
    env: io.env,
    print: settings.on("print"),
  });
  const warnErrors = new WarnErrors({ ...settings.warnErrorOptions, all: settings.on("warn_error") });
  return printerOf(
    log,
    new Style(color, settings.integer("printer_width") ?? 80),
    warnErrors,
    settings.on("show_all_deprecations"),
    {
      counts:
        settings.command !== "parse" && !(settings.command === "docs generate" && settings.get("compile") === false),
      nodes: settings.command !== "clone",
    },
  );
}

/** `--log-path`, else `log-path` of the project as written, else `logs` in the project. */
function logFolder(settings: Settings): string {
  const given = settings.text("log_path");
  if (given !== undefined) return given.startsWith("/") ? given : join(settings.cwd, given);
  try {
    const own = readRawProject(settings.projectDir).data["log-path"];
    return join(settings.projectDir, typeof own === "string" ? own : "logs");
  } catch {
    return join(settings.cwd, "logs");
  }
}
