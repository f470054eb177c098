import { signal } from "@preact/signals";
import type { ComponentChildren, TargetedKeyboardEvent } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Problem } from "../../src/server/types.ts";
import { serverNow } from "../lib/clock.ts";
import { exactTime, relativeTime, seconds } from "../lib/format.ts";

/** Ticks so that "3 min ago" stays true. */
const tick = signal(0);
setInterval(() => {
  tick.value++;
}, 20_000);

export function Time({ at, none = "–" }: { at: string | null | undefined; none?: string }) {
  if (!at) return <span class="faint">{none}</span>;
  void tick.value;
  return (
    <time dateTime={at} title={exactTime(at)}>
      {relativeTime(at, serverNow())}
    </time>
  );
}

const tones: Record<string, string> = {
  ok: "good",
  success: "good",
  pass: "good",
  passed: "good",
  sent: "good",
  loaded: "good",
  reused: "good",
  "no-op": "good",
  published: "good",
  current: "good",
  done: "good",
  alive: "good",
  same: "none",
  added: "busy",
  changed: "warn",
  removed: "bad",
  refused: "bad",
  running: "busy turning",
  queued: "wait",
  due: "wait",
  warn: "warn",
  cancelled: "wait",
  skipped: "wait",
  paused: "wait",
  failed: "bad",
  fail: "bad",
  error: "bad",
  crashed: "bad",
  open: "bad",
  "partial success": "bad",
};
export const toneOf = (status: string | null | undefined): string => (status ? (tones[status] ?? "none") : "none");

/** Colour and shape and word: none of them alone carries the meaning. */
export function Status({ is, title }: { is: string; title?: string }) {
  return (
    <span class={`status ${toneOf(is)}`} title={title}>
      <i aria-hidden="true" />
      {is}
    </span>
  );
}

export const scoreTone = (value: number | null): string =>
  value === null ? "none" : value >= 95 ? "good" : value >= 80 ? "warn" : "bad";

export function Score({ value, large = false }: { value: number | null; large?: boolean }) {
  return (
    <span class={`score ${scoreTone(value)}${large ? " large" : ""}`}>{value === null ? "–" : value.toFixed(1)}</span>
  );
}

/** A sentence of ours: what stands in backticks is code. */
export function Words({ children }: { children: string }) {
  return <>{children.split(/`([^`]+)`/).map((part, i) => (i % 2 === 1 ? <code key={i}>{part}</code> : part))}</>;
}

/** A long name that may break behind its underscores and dots. */
export function Name({ children }: { children: string }) {
  return <>{children.split(/(?<=[_.])/).flatMap((part, i) => (i === 0 ? [part] : [<wbr key={i} />, part]))}</>;
}

/** A small line of scores, oldest first. */
export function Spark({ values, label }: { values: number[]; label: string }) {
  if (values.length < 2) return <span class="spark" />;
  const [width, height] = [60, 20];
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const span = Math.max(high - low, 2);
  const points = values.map((value, i) => [
    2 + (i / (values.length - 1)) * (width - 4),
    height - 3 - ((value - low) / span) * (height - 6),
  ]);
  const last = points.at(-1) ?? [0, 0];
  return (
    <svg
      class={`spark ${scoreTone(values.at(-1) ?? null)}`}
      viewBox={`0 0 ${width} ${height}`}
      width={width}
      height={height}
      role="img"
      aria-label={label}
    >
      <title>{label}</title>
      <polyline points={points.map((point) => point.join()).join(" ")} />
      <circle cx={last[0]} cy={last[1]} r="2" />
    </svg>
  );
}

export function Loading({ lines = 6 }: { lines?: number }) {
  return (
    <div class="loading" role="status" aria-label="Loading">
      {Array.from({ length: lines }, (_, i) => (
        <span key={i} />
      ))}
    </div>
  );
}

export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <strong>{title}</strong>
      {children && <p>{children}</p>}
    </div>
  );
}

export function ErrorBox({ problem, retry }: { problem: Problem; retry?: () => void }) {
  const place =
    problem.place && [problem.place.file, problem.place.line, problem.place.column].filter(Boolean).join(":");
  return (
    <div class="error-box" role="alert">
      <p>
        {problem.code && <code>{problem.code}</code>} <strong>{problem.title}</strong>
      </p>
      <p class="pre">{problem.detail}</p>
      {place && <p class="mono small">{place}</p>}
      {problem.hint && (
        <p class="hint">
          <Words>{problem.hint}</Words>
        </p>
      )}
      {retry && (
        <button type="button" class="button" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  );
}

/** A part that could not be loaded, or has a defect: it says so, and the rest of the page stays. */
export function Broken({ error }: { error: unknown }) {
  const missing = /import|module|chunk/i.test(String(error));
  return (
    <div class="error-box" role="alert">
      <p>
        <strong>{missing ? "This part could not be loaded" : "This page has a defect"}</strong>
      </p>
      <p class="pre">
        {missing ? "The server does not answer, or has another version since this page was opened." : String(error)}
      </p>
      <button type="button" class="button" onClick={() => location.reload()}>
        Load the page again
      </button>
    </div>
  );
}

/** What a page shows while its data comes, or when it does not. */
export function Gate<T>({
  from,
  lines,
  children,
}: {
  from: { data: T | undefined; error: Problem | undefined; reload: () => void };
  lines?: number;
  children: (data: T) => ComponentChildren;
}) {
  const { data, error } = from;
  // What is gone is not shown as if it were there.
  if (error && (data === undefined || error.status === 404)) return <ErrorBox problem={error} retry={from.reload} />;
  if (data === undefined) return <Loading {...(lines !== undefined && { lines })} />;
  return (
    <>
      {error && error.status !== 0 && (
        <p class="callout warn" role="status">
          <code>{error.code}</code> {error.detail} What follows is what was known before.
        </p>
      )}
      {children(data)}
    </>
  );
}

export function Tabs({
  tabs,
  active,
  onPick,
}: {
  tabs: { id: string; label: string; count?: number | undefined }[];
  active: string;
  onPick: (id: string) => void;
}) {
  const move = (event: TargetedKeyboardEvent<HTMLDivElement>) => {
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (step === 0) return;
    const next = tabs[(tabs.findIndex(({ id }) => id === active) + step + tabs.length) % tabs.length];
    if (!next) return;
    onPick(next.id);
    requestAnimationFrame(() => list.current?.querySelector<HTMLElement>('[aria-selected="true"]')?.focus());
  };
  const list = useRef<HTMLDivElement>(null);
  // On a narrow screen the chosen one may lie beyond the edge; only the tabs move, not the page.
  useEffect(() => {
    const tab = list.current?.querySelector<HTMLElement>('[aria-selected="true"]');
    if (tab && list.current)
      list.current.scrollLeft = tab.offsetLeft - list.current.clientWidth / 2 + tab.clientWidth / 2;
  }, [active]);
  return (
    <div class="tabs" role="tablist" ref={list} onKeyDown={move}>
      {tabs.map(({ id, label, count }) => (
        <button
          key={id}
          type="button"
          role="tab"
          aria-selected={id === active}
          tabIndex={id === active ? 0 : -1}
          onClick={() => onPick(id)}
        >
          {label}
          {count !== undefined && <span class="count">{count}</span>}
        </button>
      ))}
    </div>
  );
}

export function Head({
  title,
  children,
  above,
}: {
  title: ComponentChildren;
  above?: ComponentChildren;
  children?: ComponentChildren;
}) {
  return (
    <header class="page-head">
      <div>
        {above && <div class="above">{above}</div>}
        <h1>{title}</h1>
      </div>
      <div class="actions">{children}</div>
    </header>
  );
}

/** Time since a moment, as it goes on. */
export function Elapsed({ since }: { since: string }) {
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((n) => n + 1), 500);
    return () => clearInterval(timer);
  }, []);
  return <>{seconds(Math.max(0, serverNow() - Date.parse(since)) / 1000)}</>;
}

/** A number with its name, for the line of figures of a page. */
export function Figure({ label, children, tone }: { label: string; children: ComponentChildren; tone?: string }) {
  return (
    <div class={`figure ${tone ?? ""}`}>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}

const toasts = signal<{ id: number; text: string; bad: boolean }[]>([]);
let lastToast = 0;
/** Says what became of something that was done. */
export function say(text: string, bad = false): void {
  const id = ++lastToast;
  toasts.value = [...toasts.value, { id, text, bad }];
  setTimeout(
    () => {
      toasts.value = toasts.value.filter((toast) => toast.id !== id);
    },
    bad ? 8000 : 4000,
  );
}
export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map(({ id, text, bad }) => (
        <p key={id} class={bad ? "bad" : ""}>
          {text}
        </p>
      ))}
    </div>
  );
}
