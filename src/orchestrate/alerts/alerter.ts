import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { errorToJson } from "#errors/index.ts";
import type { AlertMemory, Delivery, DeliveryMessage, Ledger } from "#ledger/index.ts";
import { newRunId } from "#ledger/index.ts";
import {
  alertsStart,
  type AlertsConfig,
  alertsPath,
  alertTemplatesPath,
  channelVariables,
  fileStamp,
  type Lab,
  mergeThresholds,
  readAlertsConfig,
  readIfThere,
  requiredVariables,
  type Workspace,
} from "#registry/index.ts";
import { conditionOf, examineHealth } from "../health/examine.ts";
import type { HealthFacts } from "../health/facts.ts";
import { alertsOf, gatherHealth, machine, type MachineEffects } from "../health/gather.ts";
import { send } from "./channels/send.ts";
import { type ChannelEffects, Refusal } from "./channels/types.ts";
import { deliverDue, type DeliverResult, type Rendered } from "./deliver.ts";
import { digestMessage } from "./digest.ts";
import { alertErrors } from "./errors.ts";
import { Fold, type FoldContext, labsOf } from "./fold.ts";
import { incidentMessage, type MessageContext, redactor } from "./message.ts";
import { judge, pendingRuns } from "./pending.ts";
import { digestDue, firstDigestDay } from "./quiet.ts";
import { channelsFor } from "./routing.ts";
import type { Template } from "./template.ts";
import { templateFor } from "./templates.ts";

/** What the alerter touches of the outside world. */
export interface AlerterEffects {
  now(): Date;
  env: Record<string, string | undefined>;
  fetch: typeof fetch;
  /** From 0 to 1. */
  random(): number;
  machine: MachineEffects;
  send: typeof send;
}

const conditionEvents = new Set(["late", "stale", "stuck", "disk", "memory"]);
/** Room that comes and goes is told once: it must be there for so long before it counts. */
const steadyMs = 600_000;
/** How often an evaluation begins again because another process was first. */
const mostAttempts = 50;

/**
 * Turns what happens in a workspace into messages. Each method may be called at any time, by any number of processes at once:
 * an evaluation counts only when nobody else committed one in between, and a channel is used by one process at a time.
 * Nothing here fails a run. Errors of all: those of the ledger.
 */
export class Alerter {
  readonly #ledger: Ledger;
  readonly #workspace: () => Workspace;
  readonly #effects: AlerterEffects;
  /** The last alerts.yml that could be read. */
  #config: AlertsConfig | undefined;
  /** Of the file that was read, and the labs that were checked against it. */
  #stamp = "";
  #checked: Workspace | undefined;
  /** What is wrong with the configuration, by where it was found. */
  readonly #problems = new Map<string, string>();

  /** `workspace`: as a function where labs may come and go while the alerter lives. */
  constructor(ledger: Ledger, workspace: Workspace | (() => Workspace), effects: Partial<AlerterEffects> = {}) {
    this.#ledger = ledger;
    this.#workspace = typeof workspace === "function" ? workspace : () => workspace;
    this.#effects = {
      now: () => new Date(),
      env: process.env,
      fetch: globalThis.fetch,
      random: Math.random,
      machine,
      send,
      ...effects,
    };
  }

  /** Looks at runs and jobs that ended since the last time. Gives how many there were. */
  async evaluate(): Promise<number> {
    let total = 0;
    for (;;) {
      const { taken, open } = await this.#commit(async (fold, memory, now) => {
        const { pending, since } = await pendingRuns(this.#ledger, memory, now);
        const labs = new Map(this.#workspace().labs.map((lab) => [lab.name, lab]));
        const config = this.#configuration();
        for (const item of pending) {
          const lab = labs.get(item.kind === "run" ? item.run.lab : item.job.lab);
          // A lab that was taken out of the workspace is nobody's concern any more.
          if (item.quiet || !lab) continue;
          const thresholds = mergeThresholds(config.thresholds, alertsOf(lab).thresholds);
          fold.add(await judge(this.#ledger, item, thresholds, fold.open));
        }
        for (const incident of fold.open)
          for (const name of labsOf(incident))
            if (name !== null && !labs.has(name)) fold.gone(incident.fingerprint, name, 0);
        const evaluated = pending.map(({ id, status }) => ({ id, status }));
        return { evaluated, memory: { ...memory, since }, result: { taken: pending.length, open: pending.length > 0 } };
      });
      total += taken;
      if (!open) return total;
    }
  }

  /** Looks at conditions: late, stale and stuck labs, disk and memory; tells open problems again; prepares the digest. */
  async tick(now: Date = this.#effects.now()): Promise<HealthFacts> {
    return this.#commit(async (fold, memory) => {
      const facts = await this.health(now);
      const held = new Set<string>();
      for (const item of examineHealth(facts)) {
        const observation = conditionOf(item);
        if (!observation) continue;
        held.add(JSON.stringify([observation.fingerprint, item.lab]));
        const run =
          item.check === "stuck" ? (facts.labs.find(({ name }) => name === item.lab)?.current?.id ?? null) : null;
        fold.holds(observation, item.lab, run);
      }
      for (const { fingerprint, event, labs } of fold.open) {
        if (!conditionEvents.has(event)) continue;
        const steady = event === "disk" || event === "memory" ? steadyMs : 0;
        const names =
          Object.keys(labs).length === 0 ? [null] : Object.keys(labs).filter((name) => labs[name]?.over === false);
        for (const lab of names) if (!held.has(JSON.stringify([fingerprint, lab]))) fold.gone(fingerprint, lab, steady);
      }
      fold.repeat();
      const { memory: next, channels } = this.#digest(memory, now);
      const deliveries = channels.map((channel) => ({
        id: newRunId(now.getTime()),
        channel,
        kind: "digest" as const,
        event: "",
        incidents: [],
        createdAt: now.toISOString(),
      }));
      return { memory: next, deliveries, result: facts };
    }, now);
  }

  #digest(memory: AlertMemory, now: Date): { memory: AlertMemory; channels: string[] } {
    const { digest } = this.#configuration();
    if (!digest) return { memory, channels: [] };
    if (memory.digestDay === undefined)
      return { memory: { ...memory, digestDay: firstDigestDay(digest, now) }, channels: [] };
    const day = digestDue(digest, memory.digestDay, now);
    return day === undefined
      ? { memory, channels: [] }
      : { memory: { ...memory, digestDay: day }, channels: digest.channels };
  }

  /** Sends what is due. A channel that fails is tried again by a later call, when its wait is over. */
  async deliver(signal?: AbortSignal): Promise<DeliverResult> {
    const config = this.#configuration();
    return deliverDue({
      store: this.#ledger.alerts,
      config,
      render: (delivery) => this.#render(delivery, config),
      send: this.#effects.send,
      effects: this.#channelEffects(),
      random: this.#effects.random,
      ...(signal && { signal }),
    });
  }

  /** Sends one message through a channel, now. Errors: ALR-002 unknown, ALR-003 not delivered. */
  async test(name: string): Promise<void> {
    const config = this.#configuration();
    const channel = config.channels.get(name);
    if (!channel) {
      const names = [...config.channels.keys()];
      throw alertErrors.channelUnknown({
        message: `There is no channel named ${name} in ${config.file}.`,
        hint: names.length > 0 ? `Use one of ${names.join(", ")}.` : alertsStart,
      });
    }
    const now = this.#effects.now();
    const workspace = basename(this.#workspace().root);
    const message: DeliveryMessage = {
      subject: `${workspace}: test of the channel ${name}`,
      body: `This is a test of the channel **${name}** of the workspace ${workspace}. Nothing is wrong.\n`,
      data: { kind: "test", workspace, channel: name },
    };
    const [id, createdAt, store] = [newRunId(now.getTime()), now.toISOString(), this.#ledger.alerts];
    await store.enqueue({ id, channel: name, kind: "test", createdAt }, message);
    await store.attempt(id, message, []);
    try {
      await this.#effects.send(channel, { id, kind: "test", createdAt, message }, this.#channelEffects());
    } catch (error) {
      const problem = error instanceof Refusal ? error.message : "sending failed";
      await store.settle(id, "failed", now, problem);
      throw alertErrors.notDelivered({
        message: `The channel ${name} did not take the message: ${problem}.`,
        place: { file: config.file },
        hint: "Correct the channel in alerts.yml, or its environment variables, and try again.",
      });
    }
    await store.settle(id, "sent", now, null);
    await store.noteChannel(name, { ok: true }, now);
  }

  /** What is known of the workspace now. */
  async health(now: Date = this.#effects.now()): Promise<HealthFacts> {
    const config = this.#configuration();
    return gatherHealth(
      this.#workspace(),
      this.#ledger,
      config,
      [...this.#problems.values()],
      now,
      this.#effects.machine,
    );
  }

  /** What is wrong with alerts.yml and the templates, one sentence each. */
  get problems(): string[] {
    this.#configuration();
    return [...this.#problems.values()];
  }

  /** Reads alerts.yml. While it cannot be read the last one counts: a spelling mistake must not silence an alert. */
  #configuration(): AlertsConfig {
    const workspace = this.#workspace();
    const names = workspace.labs.map(({ name }) => name);
    const stamp = `${fileStamp(join(workspace.root, alertsPath))} ${names.join(" ")}`;
    if (this.#config && stamp === this.#stamp && workspace === this.#checked) return this.#config;
    this.#stamp = stamp;
    this.#checked = workspace;
    try {
      this.#config = readAlertsConfig(workspace.root, names);
      this.#problems.delete("alerts.yml");
    } catch (error) {
      this.#problems.set("alerts.yml", this.#problemText(error, "alerts.yml cannot be used"));
    }
    const config = (this.#config ??= readAlertsConfig(join(workspace.root, "\0"), []));
    for (const lab of workspace.labs) {
      const unknown = (alertsOf(lab).channels ?? []).filter((name) => !config.channels.has(name));
      if (unknown.length === 0) this.#problems.delete(`lab ${lab.name}`);
      else
        this.#problems.set(
          `lab ${lab.name}`,
          `lab.yml of ${lab.name} names channels that alerts.yml does not have: ${unknown.join(", ")}`,
        );
    }
    return config;
  }

  #problemText(error: unknown, what: string): string {
    const { code, message, place } = errorToJson(error);
    const at = place
      ? [this.#workspace().display(place.file), place.line, place.column].filter((p) => p !== undefined).join(":")
      : "";
    return `${what}: ${code}: ${message.split("\n", 1)[0]?.replace(/\.$/, "")}${at ? ` (${at})` : ""}`;
  }

  /** Works something out from the state and writes it, again when another process wrote in between. */
  async #commit<T>(
    work: (
      fold: Fold,
      memory: AlertMemory,
      now: Date,
    ) => Promise<{
      memory: AlertMemory;
      evaluated?: { id: string; status: string }[];
      deliveries?: {
        id: string;
        channel: string;
        kind: Delivery["kind"];
        event: string;
        incidents: string[];
        createdAt: string;
      }[];
      result: T;
    }>,
    now: Date = this.#effects.now(),
  ): Promise<T> {
    const store = this.#ledger.alerts;
    for (let attempt = 1; ; attempt++) {
      const { version, memory, open } = await store.state();
      const fold = new Fold(open, this.#foldContext(now));
      const done = await work(fold, memory, now);
      const { incidents, deliveries } = fold.result();
      const change = {
        memory: done.memory,
        evaluated: done.evaluated ?? [],
        incidents,
        deliveries: [...deliveries, ...(done.deliveries ?? [])],
      };
      const nothing = change.evaluated.length + incidents.length + change.deliveries.length === 0;
      if (nothing && sameMemory(memory, done.memory)) return done.result;
      if (await store.commit(version, change, now)) return done.result;
      if (attempt >= mostAttempts) return done.result;
      await sleep(this.#effects.random() * 20 * attempt);
    }
  }

  #foldContext(now: Date): FoldContext {
    const config = this.#configuration();
    const labs = new Map(this.#workspace().labs.map((lab) => [lab.name, lab]));
    let ids = 0;
    return {
      now,
      repeatMs: config.repeatMs,
      channels: (event, name) => {
        const lab = name === null ? undefined : labs.get(name);
        if (name !== null && !lab) return [];
        return channelsFor(config, event, lab && routed(lab));
      },
      // Ids of one moment are in no order when those of another are made in between.
      newId: () => newRunId(now.getTime() + ids++),
    };
  }

  async #render(delivery: Delivery, config: AlertsConfig): Promise<Rendered | string> {
    const { kind, channel } = delivery;
    const store = this.#ledger.alerts;
    const context = this.#messageContext(config);
    if (kind === "digest") {
      const facts = await this.health(context.now);
      const day = delivery.createdAt.slice(0, 10);
      const message = await digestMessage(this.#ledger, facts, day, this.#template("digest"), context);
      return { message, incidents: [] };
    }
    const found = await Promise.all(delivery.incidents.map((id) => store.incident(id)));
    let incidents = found.filter((each) => each !== undefined);
    const rendered = (template: string): Rendered => ({
      message: incidentMessage(incidents, kind, this.#template(template), context),
      incidents: incidents.map(({ id }) => id),
    });
    if (kind === "recovered") {
      const told = await Promise.all(incidents.map(({ id }) => store.wasTold(channel, id)));
      incidents = incidents.filter((_, i) => told[i]);
      if (incidents.length === 0) return "over before anything was sent about it";
      return rendered("recovered");
    }
    incidents = incidents.filter(({ state }) => state === "open");
    if (incidents.length === 0) return "over before it was sent";
    if (kind === "repeated") {
      const last = await Promise.all(incidents.map(({ id }) => store.lastSent(channel, id)));
      const before = context.now.getTime() - config.repeatMs;
      incidents = incidents.filter((_, i) => last[i] === undefined || Date.parse(last[i]) <= before);
      if (incidents.length === 0) return "it was told less than the interval ago";
    }
    return rendered(incidents[0]?.event ?? "");
  }

  #template(name: string): Template {
    const file = join(this.#workspace().root, alertTemplatesPath, `${name}.md`);
    let text: string | undefined;
    this.#problems.delete(`template ${name}`);
    const onProblem = (error: unknown) => {
      this.#problems.set(`template ${name}`, this.#problemText(error, "a template cannot be used"));
    };
    try {
      text = readIfThere(file);
    } catch (error) {
      onProblem(error);
    }
    return templateFor(name, text === undefined ? undefined : { file, text }, onProblem);
  }

  #messageContext(config: AlertsConfig): MessageContext {
    const workspace = this.#workspace();
    const owners = new Map(workspace.labs.map(({ name, maintainer }) => [name, maintainer]));
    return {
      workspace: basename(workspace.root),
      now: this.#effects.now(),
      owner: (lab) => owners.get(lab),
      display: (path) => workspace.display(path),
      redact: redactor(this.#effects.env, secretNames(workspace.labs, config)),
    };
  }

  #channelEffects(): ChannelEffects {
    const { env, now, fetch: get } = this.#effects;
    return { env, now, fetch: get, root: this.#workspace().root };
  }
}

const routed = (lab: Lab) => ({ name: lab.name, owner: lab.maintainer, tags: lab.tags, alerts: alertsOf(lab) });

const sameMemory = (a: AlertMemory, b: AlertMemory): boolean => a.digestDay === b.digestDay && a.since === b.since;

/** Every variable whose value must not be in a message: what channels, labs and their sources take secrets from. */
function secretNames(labs: readonly Lab[], config: AlertsConfig): string[] {
  const ofLabs = labs.flatMap((lab) => {
    try {
      return [...lab.config.secrets, ...lab.config.sources.flatMap((source) => requiredVariables(source))];
    } catch {
      return [];
    }
  });
  return [...ofLabs, ...[...config.channels.values()].flatMap(channelVariables)];
}
