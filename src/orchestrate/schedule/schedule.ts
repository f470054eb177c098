import { createHash } from "node:crypto";
import {
  type Cron,
  cronOf,
  milliseconds,
  requireSoundDependencies,
  type Lab,
  type Workspace,
} from "#registry/index.ts";

/** What to do with due times that passed while nothing could run: all as one run, none, or each. */
export type MissedPolicy = "once" | "skip" | "catch_up";

/**
 * When a lab runs by itself, from the `schedule` of its lab.yml.
 *
 * Cron times are read in the lab's time zone as Vixie cron does: a time that a clock change skips comes right after the
 * gap, one that comes twice counts once, and fields with `*` follow the clock through both. Intervals are counted from
 * 1970-01-01 UTC, so that they do not move when a server is restarted.
 */
export class Schedule {
  readonly lab: string;
  readonly crons: readonly string[];
  /** Milliseconds; undefined without `every`. */
  readonly everyMs: number | undefined;
  /** IANA name; undefined for the machine's own. */
  readonly timezone: string | undefined;
  readonly onFiles: boolean;
  /** Labs whose publishing starts this one. */
  readonly after: readonly string[];
  readonly missed: MissedPolicy;
  readonly priority: number;
  /** Milliseconds that a run may take; undefined for any. */
  readonly timeoutMs: number | undefined;
  /** The same for single stages. */
  readonly stepTimeoutsMs: ReadonlyMap<string, number>;
  readonly retries: number;
  readonly retryAfterMs: number;
  /** The file says that it does not run. */
  readonly paused: boolean;
  /** Changes when its times do: what was remembered for another schedule is void. */
  readonly hash: string;
  readonly #patterns: Cron[];

  /** Errors: those of lab.yml, which say what of its schedule cannot be followed. */
  constructor(lab: Lab) {
    const given = lab.config.schedule ?? {};
    this.lab = lab.name;
    this.crons = given.cron === undefined ? [] : Array.isArray(given.cron) ? given.cron : [given.cron];
    this.everyMs = given.every === undefined ? undefined : milliseconds(given.every);
    this.timezone = given.timezone;
    this.onFiles = given.on_files ?? false;
    this.after = given.after === undefined ? [] : Array.isArray(given.after) ? given.after : [given.after];
    this.missed = given.missed ?? "once";
    this.priority = given.priority ?? 0;
    this.timeoutMs = given.timeout === undefined ? undefined : milliseconds(given.timeout);
    this.stepTimeoutsMs = new Map(
      Object.entries(given.step_timeouts ?? {}).map(([stage, time]) => [stage, milliseconds(time)]),
    );
    this.retries = given.retries ?? 2;
    this.retryAfterMs = milliseconds(given.retry_after ?? "30 s");
    this.paused = given.paused ?? false;
    this.#patterns = this.crons.map((text) => cronOf(text, this.timezone));
    this.hash = createHash("sha256")
      .update(JSON.stringify([this.crons, this.everyMs, this.timezone]))
      .digest("base64url")
      .slice(0, 16);
  }

  /** Whether the clock starts it. */
  get timed(): boolean {
    return this.#patterns.length > 0 || this.everyMs !== undefined;
  }

  /** Whether anything starts it. */
  get active(): boolean {
    return !this.paused && (this.timed || this.onFiles || this.after.length > 0);
  }

  /** The first due time after `time`; undefined when the clock does not start it. */
  next(time: Date): Date | undefined {
    const candidates = this.#patterns.flatMap((pattern) => pattern.nextRun(time) ?? []).map((date) => date.getTime());
    if (this.everyMs !== undefined) candidates.push((Math.floor(time.getTime() / this.everyMs) + 1) * this.everyMs);
    return candidates.length === 0 ? undefined : new Date(Math.min(...candidates));
  }

  /** Due times after `from` up to and including `to`, the newest `most` of them, oldest first. */
  due(from: Date, to: Date, most: number): Date[] {
    let start = from;
    // Walking through years of minutes to keep the newest few takes long: skip ahead where the interval is known.
    if (this.everyMs !== undefined && this.#patterns.length === 0)
      start = new Date(Math.max(from.getTime(), to.getTime() - (most + 1) * this.everyMs));
    const found: Date[] = [];
    for (let time = this.next(start); time && time <= to; time = this.next(time)) {
      found.push(time);
      if (found.length > most) found.shift();
    }
    return found;
  }

  /** For people: `30 6 * * 1-5 (Europe/Berlin), on new files, after lab1`. */
  describe(): string {
    const zone = this.timezone === undefined ? "" : ` (${this.timezone})`;
    return [
      ...this.crons.map((text) => `${text}${zone}`),
      ...(this.everyMs === undefined ? [] : [`every ${inWords(this.everyMs)}`]),
      ...(this.onFiles ? ["on new files"] : []),
      ...(this.after.length > 0 ? [`after ${this.after.join(", ")}`] : []),
    ].join(", ");
  }
}

/**
 * When a lab runs by itself, for those who show it: labs that wait for each other never come round, whatever their files
 * say. Errors: those of lab.yml; REG-022 and REG-023 for the labs that it reads or runs after.
 */
export function soundSchedule(workspace: Workspace, lab: Lab): Schedule {
  requireSoundDependencies(workspace, lab);
  return new Schedule(lab);
}

/** Schedules of labs; a lab whose lab.yml is wrong hides no other. */
export function schedulesOf(labs: readonly Lab[]): {
  schedules: Schedule[];
  problems: { lab: string; error: unknown }[];
} {
  const schedules: Schedule[] = [];
  const problems: { lab: string; error: unknown }[] = [];
  for (const lab of labs) {
    try {
      schedules.push(new Schedule(lab));
    } catch (error) {
      problems.push({ lab: lab.name, error });
    }
  }
  return { schedules, problems };
}

function inWords(ms: number): string {
  for (const [unit, size] of [
    ["day", 86_400_000],
    ["hour", 3_600_000],
    ["minute", 60_000],
    ["second", 1_000],
  ] as const) {
    if (ms % size === 0) return ms === size ? unit : `${ms / size} ${unit}s`;
  }
  return `${ms / 1000} seconds`;
}
