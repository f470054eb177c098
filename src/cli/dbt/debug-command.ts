import { execFile } from "node:child_process";
import { release, type } from "node:os";
import { join } from "node:path";
import { isLabsError } from "#errors/index.ts";
import { openDatabase } from "#duck/index.ts";
import {
  dbtVersion,
  pathKind,
  readProject,
  readRawProject,
  readTarget,
  type ReadWarning,
  type Target,
} from "#engine/index.ts";
import type { Io } from "../io.ts";
import { toFlags } from "./flags.ts";
import type { Printer } from "./printer.ts";
import type { Settings } from "./settings.ts";
import { adapterVersion } from "./versions.ts";

interface Check {
  /** Text in brackets. */
  status: string;
  /** Printed at the end when the check failed. */
  problem?: string;
}

/** `dbt debug`: checks the profile, the project, git and the connection; 1 when one of them failed. */
export async function debugCommand(
  settings: Settings,
  printer: Printer,
  io: Pick<Io, "env">,
  given: Target | undefined,
): Promise<number> {
  const { style } = printer;
  const say = (msg: string): void =>
    printer.write({ name: "DebugCmdOut", code: "Z047", level: "info", msg, data: { msg } });
  const conclude = (msg: string): void =>
    printer.write({ name: "DebugCmdResult", code: "Z048", level: "info", msg, data: { msg } });
  const profilesDir = settings.profilesDir ?? "";
  if (settings.on("config_dir")) {
    const msg = `To view your profiles.yml file, run:\n\n${process.platform === "darwin" ? "open" : "xdg-open"} ${profilesDir}`;
    printer.write({
      name: "OpenCommand",
      code: "Z016",
      level: "info",
      msg,
      data: { open_cmd: "xdg-open", profiles_dir: profilesDir },
    });
    return 0;
  }
  say(`dbt version: ${dbtVersion}`);
  say(`node version: ${process.versions.node}`);
  say(`node path: ${process.execPath}`);
  say(`os info: ${type()}-${release()}-${process.arch}`);
  const profileFile = given?.file ?? join(profilesDir, "profiles.yml");
  const { target, check: profile } = checkProfile(settings, io, profileFile, given, style);
  if (given === undefined || given.file) {
    say(`Using profiles dir at ${profilesDir || join(profileFile, "..")}`);
    say(`Using profiles.yml file at ${profileFile}`);
  } else say("Using the lab's database from the workspace; no profiles.yml is needed");
  say(`Using dbt_project.yml file at ${join(settings.projectDir, "dbt_project.yml")}`);
  if (target) {
    say("adapter type: duckdb");
    say(`adapter version: ${adapterVersion}`);
  }
  const { check: project, warnings } = checkProject(settings, io, target, style);
  for (const { name, code, text } of warnings) printer.message({ type: "message", level: "warn", name, code, text });
  const checks = settings.on("connection") ? [profile] : [profile, project];
  if (settings.on("connection")) say("Skipping steps before connection verification");
  else {
    say("Configuration:");
    say(`  profiles.yml file [${profile.status}]`);
    say(`  dbt_project.yml file [${project.status}]`);
    say("Required dependencies:");
    const git = await checkGit(style);
    conclude(` - git [${git.status}]\n`);
    checks.push(git);
  }
  if (target) {
    say("Connection:");
    for (const [key, value] of connectionInfo(target)) say(`  ${key}: ${value}`);
    printer.announceAdapter();
    const connection = await checkConnection(target, style);
    say(`  Connection test: [${connection.status}]\n`);
    checks.push(connection);
  } else say("Connection test skipped since no profile was found");
  const failed = checks.filter(({ problem }) => problem !== undefined);
  if (failed.length === 0) {
    conclude(style.green("All checks passed!"));
    return 0;
  }
  conclude(style.red(`${failed.length} check${failed.length === 1 ? "" : "s"} failed:`));
  for (const { problem } of failed) conclude(`${problem}\n`);
  return 1;
}

type Painter = Printer["style"];

function failure(error: unknown, style: Painter, what: string): Check {
  if (!isLabsError(error)) throw error;
  const headline = String(error.data?.dbtType ?? "Runtime Error");
  const fix = error.hint ? `\n  fix: ${error.hint}` : "";
  return {
    status: style.red("ERROR invalid"),
    problem: `${what} loading failed for the following reason:\n${headline}\n${error.message.replace(/^/gm, "  ")}${fix}\n`,
  };
}

function checkProfile(
  settings: Settings,
  io: Pick<Io, "env">,
  file: string,
  given: Target | undefined,
  style: Painter,
): { target?: Target; check: Check } {
  const ok = style.green("OK found and valid");
  if (given) return { target: given, check: { status: ok } };
  if (pathKind(file) !== "file") {
    return {
      check: {
        status: style.red("ERROR not found"),
        problem: `dbt looked for a profiles.yml file in ${join(settings.text("profiles_dir") ?? join(file, ".."), "profiles.yml")}, but did not find one. Create it, or name its folder with --profiles-dir.`,
      },
    };
  }
  let projectProfile: unknown;
  try {
    projectProfile = readRawProject(settings.projectDir).data.profile;
  } catch {
    // Told by the check of the project.
  }
  try {
    const target = readTarget({
      profilesDir: join(file, ".."),
      projectDir: settings.projectDir,
      profile: settings.text("profile"),
      projectProfile,
      target: settings.text("target"),
      threads: settings.integer("threads"),
      cliVars: settings.record("vars"),
      env: io.env,
    });
    return { target, check: { status: ok } };
  } catch (error) {
    return { check: failure(error, style, "Profile") };
  }
}

function checkProject(
  settings: Settings,
  io: Pick<Io, "env">,
  target: Target | undefined,
  style: Painter,
): { check: Check; warnings: readonly ReadWarning[] } {
  const file = join(settings.projectDir, "dbt_project.yml");
  if (pathKind(file) !== "file") {
    const problem = `Project loading failed for the following reason:\n project path <${file}> not found`;
    return { check: { status: style.red("ERROR not found"), problem }, warnings: [] };
  }
  try {
    // Packages are not part of this check: a project whose packages are missing is a valid project.
    const flags = toFlags(settings, []);
    const { warnings } = readProject(flags, { env: io.env, packages: false, ...(target && { target }) });
    return { check: { status: style.green("OK found and valid") }, warnings };
  } catch (error) {
    return { check: failure(error, style, "Project"), warnings: [] };
  }
}

function checkGit(style: Painter): Promise<Check> {
  return new Promise((done) => {
    execFile("git", ["--version"], (error) =>
      done(
        error
          ? { status: style.red("ERROR"), problem: `Error from git --help: ${error.message}` }
          : { status: style.green("OK found") },
      ),
    );
  });
}

/** What dbt shows of a connection; secrets are not among it. */
function connectionInfo(target: Target): [string, string][] {
  const { raw } = target;
  const text = (value: unknown): string =>
    value === undefined || value === null ? "None" : typeof value === "object" ? JSON.stringify(value) : String(value);
  const keys = [
    "config_options",
    "extensions",
    "settings",
    "external_root",
    "use_credential_provider",
    "attach",
    "filesystems",
    "remote",
    "plugins",
  ];
  const usual: Record<string, unknown> = { settings: {}, external_root: "." };
  return [
    ["database", target.database],
    ["schema", target.schema],
    ["path", text(raw.path ?? target.path)],
    ...keys.map((key): [string, string] => [key, text(raw[key] ?? usual[key])]),
    ["disable_transactions", target.disableTransactions ? "True" : "False"],
  ];
}

async function checkConnection(target: Target, style: Painter): Promise<Check> {
  try {
    const database = await openDatabase(target.path);
    try {
      const connection = await database.connect();
      await connection.run("select 1 as id");
    } finally {
      await database.close();
    }
    return { status: style.green("OK connection ok") };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const hint = isLabsError(error) && error.hint ? `\n  fix: ${error.hint}` : "";
    return {
      status: style.red("ERROR"),
      problem: `dbt was unable to connect to the specified database.\nThe database returned the following error:\n\n  >${message}${hint}\n`,
    };
  }
}
