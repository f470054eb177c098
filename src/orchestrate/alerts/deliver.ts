import { randomUUID } from "node:crypto";
import type { AlertStore, Delivery, DeliveryMessage } from "#ledger/index.ts";
import type { AlertsConfig, Channel } from "#registry/index.ts";
import { type ChannelEffects, type Outgoing, Refusal } from "./channels/types.ts";
import { isQuiet } from "./quiet.ts";

/** Between half and all of 10 s, 20 s, 40 s … 15 min: many workspaces that failed together do not come back together. */
const firstWaitMs = 10_000;
const longestWaitMs = 900_000;
/** A message that could not be delivered for so long is given up. */
const giveUpMs = 3 * 86_400_000;
const hourMs = 3_600_000;

/** A message, and the incidents that it tells of. */
export interface Rendered {
  message: DeliveryMessage;
  incidents: string[];
}

export interface DeliverInput {
  store: AlertStore;
  config: AlertsConfig;
  /** Renders a message that is about to be sent for the first time; a text is the reason why nobody needs it any more. */
  render(delivery: Delivery): Promise<Rendered | string>;
  send(channel: Channel, outgoing: Outgoing, effects: ChannelEffects): Promise<void>;
  effects: ChannelEffects;
  random(): number;
  signal?: AbortSignal;
}

export interface DeliverResult {
  sent: number;
  failed: number;
  /** Still due: held by quiet hours, a limit, or a channel that fails. */
  waiting: number;
}

/**
 * Sends what is due, every channel at the same time, each one's messages in their order. A channel belongs to one process
 * while that sends; when the process is killed another sends the message again, with the same id. A channel that fails waits,
 * and its messages with it. Errors: those of the ledger.
 */
export async function deliverDue(input: DeliverInput): Promise<DeliverResult> {
  const { store, config } = input;
  const byChannel = Map.groupBy(await store.due(), ({ channel }) => channel);
  const results = await Promise.all(
    [...byChannel].map(async ([name, due]) => {
      const channel = config.channels.get(name);
      if (channel) return new ChannelSender(channel, input).run(due);
      for (const { id } of due)
        await store.settle(id, "dropped", input.effects.now(), "its channel is gone from alerts.yml");
      return { sent: 0, failed: 0, waiting: 0 };
    }),
  );
  const sum = (key: keyof DeliverResult) => results.reduce((total, each) => total + each[key], 0);
  return { sent: sum("sent"), failed: sum("failed"), waiting: sum("waiting") };
}

class ChannelSender {
  readonly #channel: Channel;
  readonly #input: DeliverInput;
  readonly #holder = randomUUID();

  constructor(channel: Channel, input: DeliverInput) {
    this.#channel = channel;
    this.#input = input;
  }

  async run(due: Delivery[]): Promise<DeliverResult> {
    const { store, effects, signal } = this.#input;
    const { name, quietHours, maxPerHour } = this.#channel;
    const result: DeliverResult = { sent: 0, failed: 0, waiting: due.length };
    const awake = () => due.filter(({ event, kind }) => kind === "test" || !isQuiet(quietHours, event, effects.now()));
    if (awake().length === 0 || !(await this.#hold())) return result;
    try {
      // Another process may have sent some of them before it gave the channel up.
      const still = new Map((await store.due()).map((each) => [each.id, each]));
      let budget = maxPerHour - (await store.sentSince(name, new Date(effects.now().getTime() - hourMs)));
      for (const { id } of awake()) {
        const delivery = still.get(id);
        if (!delivery) {
          result.waiting--;
          continue;
        }
        if (signal?.aborted || budget <= 0 || !(await this.#hold())) break;
        const outcome = await this.#one(delivery);
        if (outcome === "later") break;
        result.waiting--;
        if (outcome === "sent") {
          result.sent++;
          budget--;
        } else if (outcome === "failed") result.failed++;
      }
    } finally {
      await store.releaseChannel(name, this.#holder);
    }
    return result;
  }

  /** Longer than one attempt may take, whatever the program or server on the other side does. */
  #hold(): Promise<boolean> {
    const now = this.#input.effects.now();
    const until = new Date(now.getTime() + this.#channel.timeoutMs * 3 + 30_000);
    return this.#input.store.holdChannel(this.#channel.name, this.#holder, now, until);
  }

  async #one(delivery: Delivery): Promise<"sent" | "failed" | "dropped" | "later"> {
    const { store, effects, render, send } = this.#input;
    const { name } = this.#channel;
    const { id, kind, createdAt } = delivery;
    // What was tried once may have arrived: it is tried again as it was.
    const rendered = delivery.message
      ? { message: delivery.message, incidents: delivery.incidents }
      : await render(delivery);
    if (typeof rendered === "string") {
      await store.settle(id, "dropped", effects.now(), rendered);
      return "dropped";
    }
    const { message } = rendered;
    await store.attempt(id, message, rendered.incidents);
    try {
      await send(this.#channel, { id, kind, createdAt, message }, effects);
    } catch (error) {
      const refusal = error instanceof Refusal ? error : new Refusal("sending failed", true);
      return this.#refused(delivery, refusal);
    }
    await store.settle(id, "sent", effects.now(), null);
    await store.noteChannel(name, { ok: true }, effects.now());
    return "sent";
  }

  async #refused({ id, createdAt }: Delivery, refusal: Refusal): Promise<"failed" | "later"> {
    const { store, effects } = this.#input;
    const { name } = this.#channel;
    const now = effects.now();
    const problem = refusal.message;
    const old = now.getTime() - Date.parse(createdAt) > giveUpMs;
    if (!refusal.retryable || old) {
      await store.settle(id, "failed", now, old ? `${problem}; given up after ${giveUpMs / 86_400_000} days` : problem);
      // The next message may be taken: only what the channel as a whole suffers from holds it back.
      await store.noteChannel(name, { ok: false, problem, nextAt: null }, now);
      return "failed";
    }
    const failures = (await store.channels()).get(name)?.failures ?? 0;
    const wait = Math.min(firstWaitMs * 2 ** Math.min(failures, 20), longestWaitMs);
    const jittered = wait * (0.5 + this.#input.random() / 2);
    const nextAt = new Date(now.getTime() + Math.max(jittered, refusal.waitMs ?? 0));
    await store.noteChannel(name, { ok: false, problem, nextAt, delivery: id }, now);
    return "later";
  }
}
