import type { DeliveryKind, DeliveryMessage } from "#ledger/index.ts";

/** A message on its way out. */
export interface Outgoing {
  /** The same for every attempt at this message: receivers know by it that they had it. */
  id: string;
  kind: DeliveryKind;
  createdAt: string;
  message: DeliveryMessage;
}

/** What a channel may touch of the outside world; tests pass their own. */
export interface ChannelEffects {
  env: Record<string, string | undefined>;
  /** The workspace's folder. */
  root: string;
  now(): Date;
  fetch: typeof fetch;
}

/** Why a message was not taken. Its text goes to the ledger and to people: it must not hold an address or a secret. */
export class Refusal extends Error {
  /** Whether the same message may be taken later. */
  readonly retryable: boolean;
  /** Not before so many milliseconds, when the receiver says so. */
  readonly waitMs: number | undefined;

  constructor(message: string, retryable: boolean, waitMs?: number) {
    super(message);
    this.retryable = retryable;
    this.waitMs = waitMs;
  }
}

/** The value of a variable. A missing one may be set later, so that nothing is lost by waiting. */
export function variable(env: ChannelEffects["env"], name: string): string {
  const value = env[name];
  if (value === undefined || value === "") throw new Refusal(`the environment variable ${name} is not set`, true);
  return value;
}
