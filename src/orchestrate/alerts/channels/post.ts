import { type ChannelEffects, Refusal } from "./types.ts";

/** Longest wait that a receiver may ask for. */
const longestWaitMs = 3_600_000;

/**
 * Posts JSON. Success is a 2xx answer; redirects are not followed, since they would take a signed message elsewhere.
 * Throws {@link Refusal}: retryable for 408, 425, 429 and 5xx, for a network that fails, and after `timeoutMs`.
 */
export async function post(
  url: string,
  body: string,
  headers: Record<string, string>,
  timeoutMs: number,
  effects: Pick<ChannelEffects, "fetch" | "now">,
): Promise<void> {
  let target: URL;
  try {
    target = new URL(url);
  } catch {
    throw new Refusal("its address is no URL", false);
  }
  if (target.protocol !== "http:" && target.protocol !== "https:")
    throw new Refusal("its address is no http or https URL", false);
  let response: Response;
  try {
    response = await effects.fetch(target, {
      method: "POST",
      body,
      headers: { "content-type": "application/json", "user-agent": "buildcpg-labs", ...headers },
      redirect: "manual",
      signal: AbortSignal.timeout(timeoutMs),
    });
    // An answer that never ends keeps nobody: its text is of no interest.
    await response.body?.cancel();
  } catch (error) {
    throw new Refusal(networkText(error, timeoutMs), true);
  }
  if (response.ok) return;
  const { status } = response;
  const passing = status === 408 || status === 425 || status === 429 || status >= 500;
  const why =
    status >= 300 && status < 400
      ? `it answered ${status}, a redirect, which is not followed`
      : `it answered ${status}`;
  throw new Refusal(why, passing, retryAfter(response.headers.get("retry-after"), effects.now()));
}

/** What the network said, without an address. */
function networkText(error: unknown, timeoutMs: number): string {
  if (error instanceof Error && error.name === "TimeoutError")
    return `it did not answer within ${timeoutMs / 1000} seconds`;
  const cause = (error as { cause?: { code?: unknown } } | undefined)?.cause;
  const code = typeof cause?.code === "string" ? cause.code : "";
  const known: Record<string, string> = {
    ECONNREFUSED: "it refused the connection",
    ECONNRESET: "it broke the connection off",
    UND_ERR_SOCKET: "it broke the connection off",
    ENOTFOUND: "its host name is not known",
    EAI_AGAIN: "its host name could not be looked up",
    ETIMEDOUT: "it cannot be reached",
    EHOSTUNREACH: "it cannot be reached",
  };
  return known[code] ?? `the connection failed${code === "" ? "" : ` (${code})`}`;
}

function retryAfter(value: string | null, now: Date): number | undefined {
  if (value === null) return undefined;
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - now.getTime();
  return Number.isFinite(ms) && ms > 0 ? Math.min(ms, longestWaitMs) : undefined;
}
