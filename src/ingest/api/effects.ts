import { setTimeout as sleep } from "node:timers/promises";

/** What a poll does to the world besides the database, in one place for tests. */
export interface PollEffects {
  fetch: typeof fetch;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Milliseconds since 1970. */
  clock(): number;
  /** From 0 to 1. */
  random(): number;
  env: NodeJS.ProcessEnv;
}

export const realEffects: PollEffects = {
  fetch: (...call) => fetch(...call),
  sleep: async (ms, signal) => {
    await sleep(ms, undefined, signal ? { signal } : {});
  },
  clock: Date.now,
  random: Math.random,
  env: process.env,
};
