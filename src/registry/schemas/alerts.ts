import { mapOf, objectOf, type Schema } from "../schema.ts";
import { duration } from "./duration.ts";

/** What can be told, besides that it is over (`recovered`). */
export const alertEvents = [
  "failed",
  "late",
  "stale",
  "stuck",
  "score_drop",
  "quarantined",
  "drift",
  "disk",
  "memory",
] as const;
export type AlertEvent = (typeof alertEvents)[number];

export const channelTypes = ["email", "slack", "webhook", "command", "file"] as const;
export type ChannelType = (typeof channelTypes)[number];

export interface QuietHoursEntry {
  /** `20:00`, in `timezone`. */
  from: string;
  to: string;
  timezone?: string;
  /** Whole days that are quiet too: `sat`, `sun`. */
  days?: string[];
  /** Events that are told all the same. */
  pass?: AlertEvent[];
}

/** One way out. Which keys are needed depends on `type`; secrets are names of environment variables. */
export interface ChannelEntry {
  type: ChannelType;
  /** email */
  host?: string;
  port?: number;
  security?: "starttls" | "tls" | "none";
  username?: string;
  username_env?: string;
  password_env?: string;
  from?: string;
  to?: string | string[];
  /** webhook */
  url?: string;
  /** slack, webhook */
  url_env?: string;
  secret_env?: string;
  headers_env?: Record<string, string>;
  /** command */
  command?: string[];
  env?: string[];
  /** file */
  path?: string;
  /** All. */
  timeout?: string;
  max_per_hour?: number;
  quiet_hours?: QuietHoursEntry | false;
}

export interface RuleEntry {
  events?: (AlertEvent | "recovered")[];
  labs?: string | string[];
  owners?: string | string[];
  tags?: string | string[];
  channels: string | string[];
}

/** When something counts as wrong. A lab may say its own. */
export interface ThresholdsEntry {
  score_drop?: { by?: number; under?: number };
  quarantined?: number | string;
  late?: string;
  stale?: string;
  stuck?: { times?: number; at_least?: string };
  disk?: { free?: string; times_database?: number };
  memory?: { free?: string };
}

export interface DigestEntry {
  at: string;
  timezone?: string;
  channels: string | string[];
}

/** `shared/config/alerts.yml` as written. */
export interface AlertsFile {
  channels?: Record<string, ChannelEntry> | null;
  rules?: RuleEntry[] | null;
  thresholds?: ThresholdsEntry | null;
  repeat?: string;
  quiet_hours?: QuietHoursEntry | null;
  digest?: DigestEntry | null;
}

/** `alerts:` of a lab. */
export interface LabAlertsEntry {
  mute?: boolean | AlertEvent[];
  channels?: string | string[];
  thresholds?: ThresholdsEntry;
}

const some: Schema = { type: "string", minLength: 1 };
const list = (description: string): Schema => ({
  anyOf: [some, { type: "array", items: some, minItems: 1 }],
  description,
});
const variable = (description: string): Schema => ({
  type: "string",
  pattern: "^[A-Za-z_][A-Za-z0-9_]*$",
  patternHint: "the name of an environment variable",
  description,
});
const time = (description: string): Schema => ({
  type: "string",
  pattern: "^([01]?[0-9]|2[0-3]):[0-5][0-9]$",
  patternHint: "a time of day in quotes such as `07:30`",
  description,
});
const share = (description: string): Schema => ({
  type: "string",
  pattern: "^[0-9]+(\\.[0-9]+)? ?(%|kB|MB|GB|TB)$",
  patternHint: "a share such as `5%` or a size such as `10 GB`",
  description,
});
const zone: Schema = { ...some, description: "IANA name such as Europe/Berlin; the machine's own when missing." };

const events = (names: readonly string[], description: string): Schema => ({
  type: "array",
  items: { type: "string", enum: names },
  minItems: 1,
  description,
});

const quietHours = objectOf<QuietHoursEntry>(
  {
    from: time("When it becomes quiet."),
    to: time("When it is over; earlier than `from` means the next morning."),
    timezone: zone,
    days: {
      type: "array",
      items: { type: "string", enum: ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] },
      minItems: 1,
      description: "Days that are quiet from midnight to midnight.",
    },
    pass: events(alertEvents, "Events that are told all the same."),
  },
  ["from", "to"],
);

const channel = objectOf<ChannelEntry>(
  {
    type: { type: "string", enum: channelTypes, description: "Kind of channel." },
    host: { ...some, description: "email: the SMTP server." },
    port: { type: "integer", minimum: 1, maximum: 65535, description: "email: default 587, with `tls` 465." },
    security: {
      type: "string",
      enum: ["starttls", "tls", "none"],
      default: "starttls",
      description: "email: starttls must succeed; none sends everything readable, for a server on this machine.",
    },
    username: { ...some, description: "email: the user, when it is no secret." },
    username_env: variable("email: environment variable with the user."),
    password_env: variable("email: environment variable with the password."),
    from: { ...some, description: "email: the sender." },
    to: list("email: who gets it."),
    url: {
      type: "string",
      pattern: "^https?://[^@/]+(/|$)",
      patternHint: "a URL that begins with http:// or https://, without a user",
      description: "webhook: where to post, when it is no secret.",
    },
    url_env: variable("slack, webhook: environment variable with the URL."),
    secret_env: variable("webhook: environment variable with the key that signs every message."),
    headers_env: mapOf(variable("Environment variable with the header's value."), "webhook: more headers."),
    command: {
      type: "array",
      items: { type: "string" },
      minItems: 1,
      description:
        "command: program and arguments, run in the workspace's folder; it gets the message as JSON on stdin.",
    },
    env: {
      type: "array",
      items: variable("Name of an environment variable."),
      description: "command: environment variables that the program gets besides PATH, HOME, LANG and TZ.",
    },
    path: { ...some, description: "file: a line of JSON a message is added to it. Relative to the workspace." },
    timeout: { ...duration, description: "Longest time for one attempt. Default 20 seconds." },
    max_per_hour: {
      type: "integer",
      minimum: 1,
      default: 60,
      description: "More messages than this wait.",
    },
    quiet_hours: {
      anyOf: [quietHours, { type: "boolean" }],
      description: "Quiet hours of this channel alone; false for none.",
    },
  },
  ["type"],
);

/** Shared by the workspace and its labs. */
const thresholds = objectOf<ThresholdsEntry>({
  score_drop: {
    ...objectOf<NonNullable<ThresholdsEntry["score_drop"]>>({
      by: { type: "number", minimum: 0.1, maximum: 100, default: 5, description: "Points under the usual score." },
      under: { type: "number", minimum: 0, maximum: 100, description: "A score under this is always told." },
    }),
    description: "When a lab's score counts as dropped.",
  },
  quarantined: {
    anyOf: [
      { type: "integer", minimum: 1 },
      { type: "string", pattern: "^[0-9]+(\\.[0-9]+)?%$", patternHint: "a number of rows or a share such as `1%`" },
    ],
    default: 1,
    description: "Rows that one run puts into quarantine: a number, or a share of its rows.",
  },
  late: { ...duration, default: "15 minutes", description: "How long after its time a scheduled run may begin." },
  stale: { ...duration, description: "How old published data may be. Default: it may be of any age." },
  stuck: {
    ...objectOf<NonNullable<ThresholdsEntry["stuck"]>>({
      times: { type: "number", minimum: 1, default: 3, description: "Times the usual duration." },
      at_least: { ...duration, default: "10 minutes", description: "Never before this." },
    }),
    description: "When a run takes too long for what is usual for its lab.",
  },
  disk: {
    ...objectOf<NonNullable<ThresholdsEntry["disk"]>>({
      free: { ...share("Least free space of a volume."), default: "5%" },
      times_database: {
        type: "number",
        minimum: 0,
        default: 2,
        description: "Least free space as a multiple of the lab's database.",
      },
    }),
    description: "When a disk counts as full.",
  },
  memory: {
    ...objectOf<NonNullable<ThresholdsEntry["memory"]>>({ free: { ...share("Least free memory."), default: "5%" } }),
    description: "When memory counts as full.",
  },
});

const orEmpty = (schema: Schema, description: string): Schema => ({ anyOf: [schema, { type: "null" }], description });

/** `alerts.yml`: who is told what, and how. */
export const alertsSchema: Schema = {
  anyOf: [
    objectOf<AlertsFile>({
      channels: orEmpty(
        mapOf(channel, undefined, {
          pattern: "^[A-Za-z][A-Za-z0-9_-]{0,40}$",
          patternHint: "a name: letters, digits, `_` and `-`, starting with a letter",
        }),
        "Ways out, by a name of yours.",
      ),
      rules: orEmpty(
        {
          type: "array",
          items: objectOf<RuleEntry>(
            {
              events: events([...alertEvents, "recovered"], "Which events. Default: all."),
              labs: list("Labs by name, or patterns with `*`. Default: all."),
              owners: list("Labs of these maintainers, or patterns with `*`."),
              tags: list("Labs with one of these tags (`tags:` in labs_config.yaml), or patterns with `*`."),
              channels: list("Where to."),
            },
            ["channels"],
          ),
        },
        "Who is told what. Without rules every channel is told everything.",
      ),
      thresholds: orEmpty(thresholds, "When something counts as wrong; a lab may say its own."),
      repeat: { ...duration, default: "24 hours", description: "How long an open problem is not told again." },
      quiet_hours: orEmpty(quietHours, "When nothing is sent; messages wait for its end."),
      digest: orEmpty(
        objectOf<DigestEntry>({ at: time("When it is sent."), timezone: zone, channels: list("Where to.") }, [
          "at",
          "channels",
        ]),
        "One message a day about all labs.",
      ),
    }),
    { type: "null" },
  ],
};

/** `alerts:` of `lab.yml`. */
export const labAlerts: Schema = objectOf<LabAlertsEntry>({
  mute: {
    anyOf: [{ type: "boolean" }, events(alertEvents, "Events of this lab that nobody is told.")],
    description: "Tell nobody about this lab; or only not about these events.",
  },
  channels: list("Channels for this lab's messages instead of those of the rules."),
  thresholds: { ...thresholds, description: "When something counts as wrong for this lab." },
});
