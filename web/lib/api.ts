import { signal } from "@preact/signals";
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { Problem, Session } from "../../src/server/types.ts";
import { hearDate } from "./clock.ts";
import { connected } from "./live.ts";

/** Who looks, and what may be done; undefined until it is known. */
export const session = signal<Session | undefined>(undefined);

/** An answer of the server that says why not. */
export class ApiError extends Error {
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.detail);
    this.problem = problem;
  }
}

const unreachable: Problem = {
  type: "about:blank",
  title: "No answer",
  status: 0,
  detail: "The server does not answer.",
  code: "",
  hint: "Is `labs serve` still running? This page goes on by itself when it is back.",
  retryable: true,
};

async function request<T>(path: string, init: RequestInit = {}): Promise<T> {
  let response: Response;
  try {
    response = await fetch(`/api/v1${path}`, init);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError(unreachable);
  }
  hearDate(response.headers.get("date"));
  const isJson = /json/.test(response.headers.get("content-type") ?? "json");
  const body: unknown = await (isJson ? response.json() : response.text()).catch(() => undefined);
  if (response.ok) return body as T;
  if (response.status === 401 && session.value?.who) await begin();
  throw new ApiError((body as Problem | undefined) ?? { ...unreachable, status: response.status });
}

export const get = <T>(path: string, signal?: AbortSignal): Promise<T> => request<T>(path, signal ? { signal } : {});

/** Does something. The key makes a second try of a request that got lost harmless. */
export const post = <T>(path: string, body: unknown = {}, signal?: AbortSignal): Promise<T> =>
  change<T>("POST", path, body, signal);

export const remove = <T>(path: string): Promise<T> => change<T>("DELETE", path, undefined);

function change<T>(method: string, path: string, body: unknown, signal?: AbortSignal): Promise<T> {
  return request<T>(path, {
    method,
    headers: {
      ...(body !== undefined && { "content-type": "application/json" }),
      "idempotency-key": crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`,
      ...(session.value?.csrf && { "x-csrf-token": session.value.csrf }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    ...(signal && { signal }),
  });
}

/** Asks who is looking. */
export async function begin(): Promise<void> {
  session.value = await request<Session>("/session");
}

/** Whether something may be done to a lab, or anywhere. */
export function mayAct(lab?: string): boolean {
  if (session.value === undefined || session.value.readOnly) return false;
  const { role, labs } = session.value;
  const own = lab === undefined || labs === null ? role : (labs[lab] ?? null);
  return own !== null && own !== "viewer";
}

export interface Loaded<T> {
  data: T | undefined;
  error: Problem | undefined;
  loading: boolean;
  /** Asks again; what is shown stays until the answer is there. */
  reload: () => void;
}

/**
 * What is at an address of the API; an empty one asks nothing. The address names what is shown, asked again and given up, which
 * is why pages ask by address, and not through the typed client for programs.
 */
export function useApi<T>(path: string): Loaded<T> {
  const [state, setState] = useState<{ path: string; data?: T; error?: Problem; loading: boolean }>({
    path,
    loading: path !== "",
  });
  const [turn, setTurn] = useState(0);
  const stop = useRef<AbortController>(undefined);
  const again = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => {
    if (path === "") return;
    stop.current?.abort();
    const own = new AbortController();
    stop.current = own;
    setState((before) => (before.path === path ? { ...before, loading: true } : { path, loading: true }));
    get<T>(path, own.signal).then(
      (data) => setState({ path, data, loading: false }),
      (error: unknown) => {
        if (!(error instanceof ApiError)) return;
        setState((before) => ({ ...before, error: error.problem, loading: false }));
        // A lab that is busy is free in a moment.
        if (error.problem.code === "REG-014") again.current = setTimeout(() => setTurn((n) => n + 1), 2000);
      },
    );
    return () => {
      own.abort();
      clearTimeout(again.current);
    };
  }, [path, turn]);
  // What found no server is asked for again when there is one.
  const lost = state.error?.status === 0 && connected.value;
  useEffect(() => {
    if (lost) setTurn((n) => n + 1);
  }, [lost]);
  const reload = useCallback(() => setTurn((n) => n + 1), []);
  const own = state.path === path;
  return {
    data: own ? state.data : undefined,
    error: own ? state.error : undefined,
    loading: own ? state.loading : path !== "",
    reload,
  };
}
