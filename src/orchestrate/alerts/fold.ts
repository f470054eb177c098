import type { AlertChange, DeliveryKind, Incident } from "#ledger/index.ts";
import type { AlertEvent } from "#registry/index.ts";
import type { Observation } from "./causes.ts";

/** What was seen of one lab, or of the machine. */
export interface Finding {
  /** Null: of no lab. */
  lab: string | null;
  run: string | null;
  seen: Observation[];
  /** Fingerprints of incidents that are over for the lab. */
  over: string[];
}

export interface FoldContext {
  now: Date;
  repeatMs: number;
  /** Channels that are told about an event of a lab. */
  channels(event: AlertEvent | "recovered", lab: string | null): string[];
  /** New ids whose text order is their order. */
  newId(): string;
}

/** Events that happened, rather than last: nobody is told that they are over, or that they still are. */
const momentary = new Set(["drift", "quarantined"]);

/**
 * Turns what was seen into incidents and messages. An incident is opened once, told once to each channel, repeated after the
 * interval at most, and its end is told once. What concerns one lab at one time is one message; so is one cause on many labs.
 */
export class Fold {
  readonly #open: Map<string, Incident>;
  readonly #context: FoldContext;
  readonly #changed = new Map<string, Incident>();
  readonly #messages = new Map<string, AlertChange["deliveries"][number]>();

  constructor(open: Incident[], context: FoldContext) {
    this.#open = new Map(open.map((each) => [each.fingerprint, structuredClone(each)]));
    this.#context = context;
  }

  /** Incidents that are open now. */
  get open(): Incident[] {
    return [...this.#open.values()];
  }

  add({ lab, run, seen, over }: Finding): void {
    for (const observation of seen) this.#see(observation, lab, run);
    for (const fingerprint of over) this.#end(fingerprint, lab);
  }

  /**
   * A condition that is so. Looking at it every minute does not make it more: only what is new of it is noted.
   */
  holds(observation: Observation, lab: string | null, run: string | null): void {
    const incident = this.#open.get(observation.fingerprint);
    const known = incident && (lab === null || incident.labs[lab]?.over === false);
    if (!known) {
      this.#see(observation, lab, run);
      return;
    }
    // Told with the next repetition; not worth a write of its own.
    incident.cause = observation.cause;
    if (incident.clearSince !== undefined) {
      delete incident.clearSince;
      this.#changed.set(incident.id, incident);
    }
  }

  /** A condition that is not so any more; it is over when it stays so for `steadyMs`. */
  gone(fingerprint: string, lab: string | null, steadyMs: number): void {
    const incident = this.#open.get(fingerprint);
    if (!incident) return;
    const { now } = this.#context;
    if (steadyMs > 0 && incident.clearSince === undefined) {
      incident.clearSince = now.toISOString();
      this.#changed.set(incident.id, incident);
    }
    if (steadyMs === 0 || now.getTime() - Date.parse(incident.clearSince ?? "") >= steadyMs)
      this.#end(fingerprint, lab);
  }

  /** Tells again what has been open and untold for the interval. */
  repeat(): void {
    for (const incident of this.#open.values()) {
      if (momentary.has(incident.event)) continue;
      for (const lab of labsOf(incident)) this.#tell(incident, lab, false);
    }
  }

  /** What is to be written. */
  result(): Pick<AlertChange, "incidents" | "deliveries"> {
    return { incidents: [...this.#changed.values()], deliveries: [...this.#messages.values()] };
  }

  #see({ fingerprint, event, cause, shared }: Observation, lab: string | null, run: string | null): void {
    const at = this.#context.now.toISOString();
    let incident = this.#open.get(fingerprint);
    if (!incident) {
      const id = this.#context.newId();
      const state = "open" as const;
      incident = {
        id,
        fingerprint,
        event,
        state,
        openedAt: at,
        seenAt: at,
        seen: 0,
        overAt: null,
        cause,
        labs: {},
        told: {},
      };
      this.#open.set(fingerprint, incident);
    }
    incident.seen++;
    incident.seenAt = at;
    incident.cause = cause;
    delete incident.clearSince;
    if (lab !== null) {
      const known = incident.labs[lab];
      const { node, step } = cause;
      const where = { ...(node !== undefined && { node }), ...(step !== undefined && { step }) };
      incident.labs[lab] = { since: known && !known.over ? known.since : at, seenAt: at, run, over: false, ...where };
    }
    this.#changed.set(incident.id, incident);
    this.#tell(incident, lab, shared);
  }

  #tell(incident: Incident, lab: string | null, shared: boolean): void {
    const { now, repeatMs } = this.#context;
    for (const channel of this.#context.channels(incident.event as AlertEvent, lab)) {
      const told = incident.told[channel];
      if (told && now.getTime() - Date.parse(told.at) < repeatMs) continue;
      incident.told[channel] = { at: now.toISOString(), times: (told?.times ?? 0) + 1 };
      this.#changed.set(incident.id, incident);
      const group = shared || lab === null || labsOf(incident).length > 1 ? incident.id : lab;
      this.#message(channel, told ? "repeated" : "opened", group, incident);
    }
  }

  #end(fingerprint: string, lab: string | null): void {
    const incident = this.#open.get(fingerprint);
    if (!incident) return;
    const own = lab === null ? undefined : incident.labs[lab];
    if (own) own.over = true;
    this.#changed.set(incident.id, incident);
    if (Object.values(incident.labs).some(({ over }) => !over)) return;
    incident.state = "over";
    incident.overAt = this.#context.now.toISOString();
    this.#open.delete(fingerprint);
    if (momentary.has(incident.event)) return;
    const labs = Object.keys(incident.labs);
    const wanted = new Set(
      (labs.length === 0 ? [null] : labs).flatMap((each) => this.#context.channels("recovered", each)),
    );
    for (const channel of Object.keys(incident.told)) {
      if (!wanted.has(channel)) continue;
      this.#message(channel, "recovered", labs.length === 1 ? (labs[0] as string) : incident.id, incident);
    }
  }

  #message(channel: string, kind: DeliveryKind, group: string, incident: Incident): void {
    const key = JSON.stringify([channel, kind, group]);
    const known = this.#messages.get(key);
    if (known) {
      if (!known.incidents.includes(incident.id)) known.incidents.push(incident.id);
      return;
    }
    this.#messages.set(key, {
      id: this.#context.newId(),
      channel,
      kind,
      event: incident.event,
      incidents: [incident.id],
      createdAt: this.#context.now.toISOString(),
    });
  }
}

/** Labs that have it now; null stands for an incident of no lab. */
export const labsOf = (incident: Incident): (string | null)[] => {
  const labs = Object.entries(incident.labs);
  return labs.length === 0 ? [null] : labs.filter(([, { over }]) => !over).map(([name]) => name);
};
