import { didYouMean } from "#errors/index.ts";
import type { AlertsFile, ChannelEntry, ChannelType, QuietHoursEntry } from "./schemas/alerts.ts";
import type { Problem } from "./validate.ts";

type Path = (string | number)[];
type Report = (path: Path, message: string, hint: string) => void;

const forAll = ["type", "timeout", "max_per_hour", "quiet_hours"];
/** What each type understands, and what it cannot do without (one of each list). */
const keys: Record<ChannelType, { may: string[]; must: string[][] }> = {
  email: {
    may: ["host", "port", "security", "username", "username_env", "password_env", "from", "to"],
    must: [["host"], ["from"], ["to"]],
  },
  slack: { may: ["url_env"], must: [["url_env"]] },
  webhook: { may: ["url", "url_env", "secret_env", "headers_env"], must: [["url", "url_env"]] },
  command: { may: ["command", "env"], must: [["command"]] },
  file: { may: ["path"], must: [["path"]] },
};

const list = (value: string | string[]): string[] => (Array.isArray(value) ? value : [value]);

/** What the schema cannot say: keys that a channel's type needs or does not know, names of channels, labs and time zones. */
export function alertsProblems(data: AlertsFile, labs: string[]): Problem[] {
  const problems: Problem[] = [];
  const report: Report = (path, message, hint) => problems.push({ kind: "value", path, message, hint });
  const channels = Object.keys(data.channels ?? {});
  for (const [name, entry] of Object.entries(data.channels ?? {})) ofChannel(name, entry, report);
  const known = (names: string | string[], path: Path, candidates: string[], kind: "channel" | "lab") => {
    for (const [i, name] of list(names).entries()) {
      if (candidates.includes(name) || (kind === "lab" && name.includes("*"))) continue;
      const meant = didYouMean(name, candidates);
      const at = Array.isArray(names) ? [...path, i] : path;
      const there =
        candidates.length > 0
          ? `Use one of ${candidates.slice(0, 12).join(", ")}.`
          : kind === "channel"
            ? "Add it under `channels:`."
            : "Take it out; there are no labs yet.";
      report(at, `There is no ${kind} named ${name}.`, meant ? `Did you mean \`${meant}\`?` : there);
    }
  };
  for (const [i, rule] of (data.rules ?? []).entries()) {
    known(rule.channels, ["rules", i, "channels"], channels, "channel");
    if (rule.labs !== undefined) known(rule.labs, ["rules", i, "labs"], labs, "lab");
  }
  if (data.quiet_hours) ofQuietHours(data.quiet_hours, ["quiet_hours"], report);
  if (data.digest) {
    known(data.digest.channels, ["digest", "channels"], channels, "channel");
    ofZone(data.digest.timezone, ["digest", "timezone"], report);
  }
  return problems;
}

function ofChannel(name: string, entry: ChannelEntry, report: Report): void {
  const path: Path = ["channels", name];
  const { may, must } = keys[entry.type];
  const given = Object.keys(entry).filter((key) => !key.startsWith("x-"));
  for (const key of given) {
    if (forAll.includes(key) || may.includes(key)) continue;
    const secret = entry.type === "slack" && key === "url";
    report(
      [...path, key],
      secret
        ? `The URL of the channel ${name} is a secret: whoever has it can post.`
        : `\`${key}\` means nothing for a channel of the type ${entry.type}.`,
      secret
        ? "Put it into an environment variable and name that: `url_env:`."
        : `Take it out; ${entry.type} takes ${may.join(", ")}.`,
    );
  }
  for (const choice of must) {
    if (choice.some((key) => given.includes(key))) continue;
    const wanted = choice.map((key) => `\`${key}\``).join(" or ");
    report(path, `The channel ${name} has no ${wanted}.`, `Add ${choice.map((key) => `\`${key}:\``).join(" or ")}.`);
  }
  const both = (a: string, b: string) => {
    if (given.includes(a) && given.includes(b))
      report([...path, b], `The channel ${name} has both \`${a}\` and \`${b}\`.`, "Keep one of them.");
  };
  both("url", "url_env");
  both("username", "username_env");
  const user = given.includes("username") || given.includes("username_env");
  if (user !== given.includes("password_env"))
    report(
      path,
      user ? `The channel ${name} has a user and no password.` : `The channel ${name} has a password and no user.`,
      user ? "Add `password_env:`." : "Add `username:` or `username_env:`.",
    );
  if (entry.quiet_hours) {
    if ((entry.quiet_hours as unknown) === true)
      report(
        [...path, "quiet_hours"],
        "`quiet_hours` is a mapping, or false for none.",
        "Write `from:` and `to:` under it.",
      );
    else ofQuietHours(entry.quiet_hours, [...path, "quiet_hours"], report);
  }
}

function ofQuietHours(entry: QuietHoursEntry, path: Path, report: Report): void {
  if (entry.from === entry.to && entry.days === undefined)
    report([...path, "to"], "The quiet hours end when they begin.", "Give them different times, or take them out.");
  ofZone(entry.timezone, [...path, "timezone"], report);
}

function ofZone(name: string | undefined, path: Path, report: Report): void {
  if (name === undefined) return;
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
  } catch {
    const meant = didYouMean(name, Intl.supportedValuesOf("timeZone"));
    report(
      path,
      `There is no time zone ${name}.`,
      meant ? `Did you mean \`${meant}\`?` : "Use an IANA name such as Europe/Berlin.",
    );
  }
}
