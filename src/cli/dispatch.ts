import { isatty } from "node:tty";
import { didYouMean, errorToJson, isLabsError, renderError } from "#errors/index.ts";
import { cliErrors } from "./errors.ts";
import { type GlobalArguments, noGlobals, takeGlobals } from "./global-options.ts";
import { rootHelp, verbHelp, verbHelpJson } from "./help.ts";
import { processIo, type Stdio } from "./stdio.ts";
import { parseVerb } from "./verb-arguments.ts";
import { verbs } from "./verbs.ts";

const stopCodes = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 };
/** Nobody presses ctrl-C twice within this time. */
const samePressMs = 150;

/** Runs one command line and ends the process with its exit code. */
export async function dispatch(words: string[]): Promise<never> {
  const global = noGlobals();
  const stop = new AbortController();
  let io: Stdio | undefined;
  let stopCode = 0;
  let stoppedAt = 0;
  const onSignal = (signal: keyof typeof stopCodes) => {
    // Whoever started the program (npm, a shell) passes on what the terminal sends to both: one key pressed is one signal.
    if (stopCode !== 0 && performance.now() - stoppedAt < samePressMs) return;
    if (stopCode !== 0) process.exit(stopCodes[signal]);
    stopCode = stopCodes[signal];
    stoppedAt = performance.now();
    if (global.output === "text") io?.err("\nStopping cleanly; press ctrl-C again to stop at once.\n");
    stop.abort(cliErrors.cancelled({ message: "The command was stopped." }));
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  // The terminal is closed. Node forgets that `nohup` had this signal ignored, but under it no stream is a terminal.
  process.on("SIGHUP", [0, 1, 2].some((stream) => isatty(stream)) ? onSignal : () => {});
  const onDefect = (error: unknown) => process.exit(report(error, global, (io ??= processIo(global, stop.signal))));
  process.on("unhandledRejection", onDefect);
  process.on("uncaughtException", onDefect);

  let code: number;
  const ending = { bySignal: false };
  try {
    const openIo = () => {
      requireCurrentFolder();
      return (io ??= processIo(global, stop.signal));
    };
    code = await command(words, global, openIo, ending);
  } catch (error) {
    io ??= processIo(global, stop.signal);
    code = stopCode === 0 || !isCancellation(error) ? report(error, global, io) : reportCancelled(error, global, io);
  }
  await io?.flush();
  // Open handles (a worker, a database) must not keep a finished command alive.
  process.exit(ending.bySignal ? code : stopCode || code);
}

/** Errors: CLI-004. Elsewhere there is a current folder afterwards, which the error is told from. */
function requireCurrentFolder(): void {
  try {
    process.cwd();
  } catch (cause) {
    process.chdir("/");
    throw cliErrors.folderGone({
      message: "The current folder does not exist any more.",
      hint: "Change into a folder that exists: `cd ~`, for example.",
      cause,
    });
  }
}

async function command(
  words: string[],
  global: GlobalArguments,
  openIo: () => Stdio,
  ending: { bySignal: boolean },
): Promise<number> {
  const [name, ...after] = takeGlobals(words, global, { untilVerb: true });
  if (name === undefined || name === "help" || name === "--") {
    const topic = name === "help" ? takeGlobals(after, global)[0] : undefined;
    if (global.version) return printVersion(global, openIo());
    return topic === undefined ? printRootHelp(global, openIo()) : printVerbHelp(topic, global, openIo());
  }
  if (name.startsWith("-")) {
    throw cliErrors.usage({ message: `There is no option ${name} before the command.`, hint: "Run `labs --help`." });
  }
  if (global.help) return printVerbHelp(name, global, openIo());
  // The error about the name is for programs too.
  if (!Object.hasOwn(verbs, name)) takeGlobals(after, global);
  const { verb } = await entryOf(name).load();
  const own = takeGlobals(after, global, { verb });
  if (global.help) return printVerbHelp(name, global, openIo());
  if (global.version) return printVersion(global, openIo());
  const { args, options } = parseVerb(name, verb, own);
  ending.bySignal = verb.endsBySignal ?? false;
  return verb.run({ io: openIo(), global, args, options });
}

function entryOf(name: string) {
  const entry = Object.hasOwn(verbs, name) ? verbs[name] : undefined;
  if (entry) return entry;
  const meant = didYouMean(name, Object.keys(verbs));
  throw cliErrors.unknownVerb({
    message: `\`labs ${name}\` is not a command.`,
    hint: meant ? `Did you mean \`labs ${meant}\`?` : "Run `labs --help` for the list.",
    ...(meant && { data: { didYouMean: meant } }),
  });
}

function printRootHelp(global: GlobalArguments, io: Stdio): number {
  const list = Object.entries(verbs).map(([command, { group, summary }]) => ({ command, group, summary }));
  io.out(global.output === "json" ? `${JSON.stringify({ commands: list }, null, 2)}\n` : rootHelp(io.width));
  return 0;
}

async function printVerbHelp(name: string, global: GlobalArguments, io: Stdio): Promise<number> {
  const entry = entryOf(name);
  const { verb } = await entry.load();
  const json = () => `${JSON.stringify(verbHelpJson(name, entry, verb), null, 2)}\n`;
  io.out(global.output === "json" ? json() : verbHelp(name, entry, verb, io.width));
  return 0;
}

async function printVersion(global: GlobalArguments, io: Stdio): Promise<number> {
  const { default: manifest } = await import("../../package.json", { with: { type: "json" } });
  const { version } = manifest;
  io.out(global.output === "json" ? `${JSON.stringify({ version, node: process.versions.node })}\n` : `${version}\n`);
  return 0;
}

/** Shows an error where the caller looks for it and returns its exit code. */
function report(error: unknown, global: GlobalArguments, io: Stdio): number {
  // A verb that had begun its JSON must not get a second document behind it.
  if (global.output === "json" && !io.wrote()) {
    io.out(`${JSON.stringify({ error: errorToJson(error) }, null, 2)}\n`);
    if (global.trace && error instanceof Error && error.stack) io.err(`${error.stack}\n`);
  } else {
    io.err(`${renderError(error, { color: io.errorColor, trace: global.trace })}\n`);
  }
  return isLabsError(error) ? error.exit : 1;
}

const isCancellation = (error: unknown): boolean =>
  (error instanceof Error && error.name === "AbortError") ||
  (isLabsError(error) && ["CLI-003", "DUCK-004", "REG-015"].includes(error.code));

function reportCancelled(error: unknown, global: GlobalArguments, io: Stdio): number {
  const cancelled = cliErrors.cancelled({ message: "The command was stopped before it was done.", cause: error });
  if (global.output === "json") report(cancelled, global, io);
  else io.err("Stopped.\n");
  return 130;
}
