/** Why something is wrong, for a message. Every part may be missing but the first. */
export interface IncidentCause {
  /** One sentence without a final colon: what is wrong. */
  summary: string;
  /** Permanent code of the error. */
  code?: string;
  message?: string;
  /** What to do. */
  hint?: string;
  file?: string;
  line?: number;
  column?: number;
  /** Unique id of the broken node. */
  node?: string;
  /** Step of the run. */
  step?: string;
  /** What was not built because of it. */
  skipped?: { models: number; tests: number };
  /** Of nodes, files or rows that have this cause in the newest run. */
  count?: number;
}

/** One root cause from when it was first seen until it is over. Times are ISO 8601 in UTC. */
export interface Incident {
  id: string;
  /** The same for the same root cause in every run. */
  fingerprint: string;
  /** `failed`, `late`, … */
  event: string;
  state: "open" | "over";
  openedAt: string;
  /** When it was seen last, and how often. */
  seenAt: string;
  seen: number;
  overAt: string | null;
  cause: IncidentCause;
  /** Labs that have it, or had it. `node`, `step`: where the lab showed it, which is what must be well again. */
  labs: Record<
    string,
    { since: string; seenAt: string; run: string | null; over: boolean; node?: string; step?: string }
  >;
  /** Channels that were told, when last and how often; what is waiting to be sent counts. */
  told: Record<string, { at: string; times: number }>;
  /** Conditions: not seen any more since then. */
  clearSince?: string;
}

export type DeliveryKind = "opened" | "repeated" | "recovered" | "digest" | "test";

/** What is sent: the rendered message. */
export interface DeliveryMessage {
  subject: string;
  /** Markdown. */
  body: string;
  /** For machines. */
  data: Record<string, unknown>;
}

/** One message to one channel. Its id is what makes a message that came twice known as one. */
export interface Delivery {
  id: string;
  channel: string;
  kind: DeliveryKind;
  /** The event of its first incident; empty for a digest. */
  event: string;
  incidents: string[];
  state: "due" | "sent" | "failed" | "dropped";
  createdAt: string;
  sentAt: string | null;
  attempts: number;
  /** Undefined until it is about to be sent for the first time: what is held shows what is so when it goes out. */
  message: DeliveryMessage | null;
  /** Why it was not sent (yet). */
  problem: string | null;
}

/** What is known of a channel from using it. */
export interface ChannelState {
  channel: string;
  /** Attempts in a row that failed. */
  failures: number;
  failingSince: string | null;
  problem: string | null;
  /** Not before this. */
  nextAt: string | null;
  sentAt: string | null;
}

/** What the evaluation remembers besides incidents. */
export interface AlertMemory {
  /** Runs and jobs with a smaller id need not be looked at. */
  since?: string;
  /** Day of the last digest, in its time zone. */
  digestDay?: string;
}

/** What one evaluation writes: all of it or nothing. */
export interface AlertChange {
  memory: AlertMemory;
  /** Runs (and jobs) that were looked at, with the status that they had. */
  evaluated: { id: string; status: string }[];
  incidents: Incident[];
  deliveries: Pick<Delivery, "id" | "channel" | "kind" | "event" | "incidents" | "createdAt">[];
}
