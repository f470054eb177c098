import { join } from "node:path";
import { existsSync } from "node:fs";
import { alertsProblems } from "./alerts-problems.ts";
import { durationMs } from "./records-config.ts";
import {
  type AlertEvent,
  type AlertsFile,
  alertEvents,
  alertsSchema,
  type ChannelEntry,
  type LabAlertsEntry,
  type QuietHoursEntry,
  type ThresholdsEntry,
} from "./schemas/alerts.ts";
import { validate } from "./validate.ts";
import { readYaml, requireValid } from "./yaml-file.ts";

/** Where the configuration of alerts lies in a workspace; templates of its messages lie in the folder of that name. */
export const alertsPath = join("shared", "config", "alerts.yml");

/** How a workspace without channels gets its first one. */
export const alertsStart =
  "Start with `channels: {log: {type: file, path: shared/alerts.ndjson}}` in shared/config/alerts.yml; docs/alerts.md shows e-mail, Slack and webhooks.";
export const alertTemplatesPath = join("shared", "config", "alerts");

export interface QuietHours {
  /** Minutes since midnight. */
  from: number;
  to: number;
  /** IANA name. */
  timezone: string;
  /** 0 for Sunday to 6. */
  days: number[];
  pass: AlertEvent[];
}

interface AnyChannel {
  name: string;
  timeoutMs: number;
  maxPerHour: number;
  quietHours: QuietHours | undefined;
}

export interface EmailChannel extends AnyChannel {
  type: "email";
  host: string;
  port: number;
  security: "starttls" | "tls" | "none";
  username?: string;
  usernameEnv?: string;
  passwordEnv?: string;
  from: string;
  to: string[];
}
export interface SlackChannel extends AnyChannel {
  type: "slack";
  urlEnv: string;
}
export interface WebhookChannel extends AnyChannel {
  type: "webhook";
  url?: string;
  urlEnv?: string;
  secretEnv?: string;
  /** Name of a header to the environment variable with its value. */
  headersEnv: Record<string, string>;
}
export interface CommandChannel extends AnyChannel {
  type: "command";
  command: string[];
  env: string[];
}
export interface FileChannel extends AnyChannel {
  type: "file";
  /** As written: relative to the workspace, or absolute. */
  path: string;
}
/** A channel with its defaults filled in. */
export type Channel = EmailChannel | SlackChannel | WebhookChannel | CommandChannel | FileChannel;

/** An amount of disk or memory: a share of all (0 to 1), or bytes. */
export type Amount = { share: number } | { bytes: number };

export interface Thresholds {
  scoreDrop: { by: number; under: number | undefined };
  /** Rows, or a share of the run's rows (0 to 1). */
  quarantined: { count: number } | { share: number };
  /** Milliseconds, here and below. */
  late: number;
  /** Undefined: published data may be of any age. */
  stale: number | undefined;
  stuck: { times: number; atLeast: number };
  disk: { free: Amount; timesDatabase: number };
  memory: { free: Amount };
}

export interface AlertRule {
  events: Set<AlertEvent | "recovered">;
  labs: string[];
  owners: string[];
  tags: string[];
  channels: string[];
}

/** `alerts.yml` with its defaults filled in. */
export interface AlertsConfig {
  file: string;
  /** False: there is no such file, and nobody is told anything. */
  exists: boolean;
  channels: Map<string, Channel>;
  rules: AlertRule[];
  thresholds: Thresholds;
  /** Milliseconds for which an open problem is not told again. */
  repeatMs: number;
  /** `at`: minutes since midnight. */
  digest: { at: number; timezone: string; channels: string[] } | undefined;
}

/** `alerts:` of a lab's lab.yml. */
export interface LabAlerts {
  /** Events that nobody is told. */
  mute: Set<AlertEvent>;
  /** Instead of those of the rules. */
  channels: string[] | undefined;
  thresholds: ThresholdsEntry;
}

const list = (value: string | string[] | undefined): string[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];
const ms = (text: string | undefined, otherwise: string): number => durationMs(text ?? otherwise) ?? 0;

/** `07:30` → 450. */
const minutes = (time: string): number => {
  const [hours = "0", rest = "0"] = time.split(":");
  return Number(hours) * 60 + Number(rest);
};

const ownZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;

/**
 * Reads and checks a workspace's alerts.yml; without one there are no channels. `labs`: names that rules may use.
 * Errors: REG-003 no YAML, REG-004 unknown key, REG-005 wrong value, REG-012 not readable; each with line and column.
 */
export function readAlertsConfig(root: string, labs: string[]): AlertsConfig {
  const file = join(root, alertsPath);
  if (!existsSync(file)) return alertsConfig(file, false, {});
  const yaml = readYaml(file);
  const shape = validate(yaml.data, alertsSchema);
  const data = (yaml.data ?? {}) as AlertsFile;
  requireValid(yaml, alertsSchema, shape.length > 0 ? [] : alertsProblems(data, labs));
  return alertsConfig(file, true, data);
}

function alertsConfig(file: string, exists: boolean, data: AlertsFile): AlertsConfig {
  const quiet = data.quiet_hours ? quietHours(data.quiet_hours) : undefined;
  const channels = new Map(
    Object.entries(data.channels ?? {}).map(([name, entry]) => [name, channelConfig(name, entry, quiet)]),
  );
  const all = new Set<AlertEvent | "recovered">([...alertEvents, "recovered"]);
  const rules = data.rules ?? [{ channels: [...channels.keys()] }];
  return {
    file,
    exists,
    channels,
    rules: rules.map((rule) => ({
      events: rule.events ? new Set(rule.events) : all,
      labs: list(rule.labs),
      owners: list(rule.owners),
      tags: list(rule.tags),
      channels: list(rule.channels),
    })),
    thresholds: thresholdsOf(data.thresholds ?? {}),
    repeatMs: ms(data.repeat, "24 hours"),
    digest: data.digest
      ? {
          at: minutes(data.digest.at),
          timezone: data.digest.timezone ?? ownZone(),
          channels: list(data.digest.channels),
        }
      : undefined,
  };
}

const weekdays = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

const quietHours = (entry: QuietHoursEntry): QuietHours => ({
  from: minutes(entry.from),
  to: minutes(entry.to),
  timezone: entry.timezone ?? ownZone(),
  days: (entry.days ?? []).map((day) => weekdays.indexOf(day)),
  pass: entry.pass ?? [],
});

function channelConfig(name: string, entry: ChannelEntry, quiet: QuietHours | undefined): Channel {
  const own = entry.quiet_hours;
  const shared: AnyChannel = {
    name,
    timeoutMs: ms(entry.timeout, "20 seconds"),
    maxPerHour: entry.max_per_hour ?? 60,
    quietHours: own === undefined ? quiet : own === false ? undefined : quietHours(own),
  };
  switch (entry.type) {
    case "email": {
      const security = entry.security ?? "starttls";
      return {
        ...shared,
        type: "email",
        host: entry.host ?? "",
        port: entry.port ?? (security === "tls" ? 465 : 587),
        security,
        ...(entry.username !== undefined && { username: entry.username }),
        ...(entry.username_env !== undefined && { usernameEnv: entry.username_env }),
        ...(entry.password_env !== undefined && { passwordEnv: entry.password_env }),
        from: entry.from ?? "",
        to: list(entry.to),
      };
    }
    case "slack":
      return { ...shared, type: "slack", urlEnv: entry.url_env ?? "" };
    case "webhook":
      return {
        ...shared,
        type: "webhook",
        ...(entry.url !== undefined && { url: entry.url }),
        ...(entry.url_env !== undefined && { urlEnv: entry.url_env }),
        ...(entry.secret_env !== undefined && { secretEnv: entry.secret_env }),
        headersEnv: entry.headers_env ?? {},
      };
    case "command":
      return { ...shared, type: "command", command: entry.command ?? [], env: entry.env ?? [] };
    case "file":
      return { ...shared, type: "file", path: entry.path ?? "" };
  }
}

const units: Record<string, number> = { kB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12 };

/** `5%` → a share, `10 GB` → bytes. */
function amount(text: string): Amount {
  const [, number = "0", unit = "%"] = /^([0-9.]+) ?(%|\w+)$/.exec(text) ?? [];
  return unit === "%" ? { share: Number(number) / 100 } : { bytes: Number(number) * (units[unit] ?? 1) };
}

/** Thresholds with their defaults filled in. */
function thresholdsOf(entry: ThresholdsEntry): Thresholds {
  const { score_drop: drop, stuck, disk, memory, quarantined = 1 } = entry;
  return {
    scoreDrop: { by: drop?.by ?? 5, under: drop?.under },
    quarantined:
      typeof quarantined === "number" ? { count: quarantined } : { share: Number.parseFloat(quarantined) / 100 },
    late: ms(entry.late, "15 minutes"),
    stale: entry.stale === undefined ? undefined : durationMs(entry.stale),
    stuck: { times: stuck?.times ?? 3, atLeast: ms(stuck?.at_least, "10 minutes") },
    disk: { free: amount(disk?.free ?? "5%"), timesDatabase: disk?.times_database ?? 2 },
    memory: { free: amount(memory?.free ?? "5%") },
  };
}

/** `alerts:` of a lab with its defaults. */
export const labAlertsConfig = (entry: LabAlertsEntry | null | undefined): LabAlerts => ({
  mute: new Set(entry?.mute === true ? alertEvents : entry?.mute || []),
  channels: entry?.channels === undefined ? undefined : list(entry.channels),
  thresholds: entry?.thresholds ?? {},
});

/** The thresholds that hold for a lab: what it says itself goes before what the workspace says, key by key. */
export function mergeThresholds(shared: Thresholds, own: ThresholdsEntry): Thresholds {
  const given = thresholdsOf(own);
  return {
    scoreDrop: {
      by: own.score_drop?.by ?? shared.scoreDrop.by,
      under: own.score_drop?.under ?? shared.scoreDrop.under,
    },
    quarantined: own.quarantined === undefined ? shared.quarantined : given.quarantined,
    late: own.late === undefined ? shared.late : given.late,
    stale: own.stale === undefined ? shared.stale : given.stale,
    stuck: {
      times: own.stuck?.times ?? shared.stuck.times,
      atLeast: own.stuck?.at_least === undefined ? shared.stuck.atLeast : given.stuck.atLeast,
    },
    disk: {
      free: own.disk?.free === undefined ? shared.disk.free : given.disk.free,
      timesDatabase: own.disk?.times_database ?? shared.disk.timesDatabase,
    },
    memory: { free: own.memory?.free === undefined ? shared.memory.free : given.memory.free },
  };
}

/** Every environment variable that a channel takes a secret from. */
export function channelVariables(channel: Channel): string[] {
  switch (channel.type) {
    case "email":
      return [channel.usernameEnv, channel.passwordEnv].filter((name) => name !== undefined);
    case "slack":
      return [channel.urlEnv];
    case "webhook":
      return [channel.urlEnv, channel.secretEnv, ...Object.values(channel.headersEnv)].filter(
        (name) => name !== undefined,
      );
    case "command":
      return channel.env;
    case "file":
      return [];
  }
}
