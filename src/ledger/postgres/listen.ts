import { setTimeout as sleep } from "node:timers/promises";
import { Client, type ClientConfig } from "pg";
import { queueChannel } from "./migrate.ts";

/** A connection that is lost is made anew this often until it holds. */
const againMs = 1_000;

/** Calls back when the queue changes, and after every time that it could not be heard. Resolves to what ends it. */
export async function listenToQueue(config: ClientConfig, listener: () => void): Promise<() => Promise<void>> {
  const stop = new AbortController();
  let current: Client | undefined;
  const listen = async (): Promise<void> => {
    const client = new Client(config);
    const ended = new Promise<void>((resolve) => client.once("end", resolve));
    client.on("error", () => {});
    try {
      await client.connect();
      current = client;
      if (stop.signal.aborted) return;
      const { rows } = await client
        .query<{ schema: string }>(`LISTEN ${queueChannel}; SELECT current_schema() AS schema`)
        .then((answer) => (answer as unknown as { rows: { schema: string }[] }[])[1] ?? { rows: [] });
      client.on("notification", ({ payload }) => payload === rows[0]?.schema && listener());
      listener();
      await ended;
    } finally {
      await client.end().catch(() => {});
    }
  };
  const done = (async () => {
    while (!stop.signal.aborted) {
      await listen().catch(() => {});
      await sleep(againMs, undefined, { signal: stop.signal }).catch(() => {});
    }
  })();
  return async () => {
    stop.abort();
    await current?.end().catch(() => {});
    await done;
  };
}
