import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { LiveEvent } from "../../src/server/types.ts";

/** Whether news arrive. */
export const connected = signal(true);

type Listener = (event: LiveEvent) => void;
const listeners = new Set<Listener>();
const tabs = new BroadcastChannel("labs-live");

const hear = (event: LiveEvent) => {
  for (const listener of listeners) listener(event);
};
tabs.onmessage = ({ data }: MessageEvent<{ event: LiveEvent } | { connected: boolean }>) => {
  if ("event" in data) hear(data.event);
  else connected.value = data.connected;
};

/**
 * One tab of all listens to the server and tells the others: browsers give a host six connections, and twenty open pages
 * would take them all. When that tab is closed, the next one takes over.
 */
export function listen(): void {
  if ("locks" in navigator) void navigator.locks.request("labs-live", () => new Promise<never>(open));
  else open();
}

function open(): void {
  const source = new EventSource("/api/v1/events");
  const say = (is: boolean) => {
    connected.value = is;
    tabs.postMessage({ connected: is });
  };
  source.onopen = () => say(true);
  source.onerror = () => {
    say(false);
    // The browser tries again by itself, unless the server answered with an error.
    if (source.readyState === EventSource.CLOSED) setTimeout(open, 3000);
  };
  for (const type of ["lab", "run", "step", "nodes", "jobs", "alerts", "reset"]) {
    source.addEventListener(type, ({ data }: MessageEvent<string>) => {
      const event = JSON.parse(data) as LiveEvent;
      tabs.postMessage({ event });
      hear(event);
    });
  }
}

/** Calls back for what happens while the part is on the page. */
export function useLive(listener: Listener, deps: unknown[]): void {
  useEffect(() => {
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }, deps);
}

/** Like a listener, but at most every `ms`: many events in a row are one question to the server. */
export function throttled(action: () => void, ms: number): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let last = 0;
  return () => {
    if (timer !== undefined) return;
    const wait = Math.max(0, last + ms - Date.now());
    timer = setTimeout(() => {
      timer = undefined;
      last = Date.now();
      action();
    }, wait);
  };
}
