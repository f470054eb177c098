import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";

const sessionMs = 12 * 3_600_000;
const mostSessions = 10_000;
/** Wrong tokens from one address within a minute. */
const mostAttempts = 10;

interface Session {
  /** Id of the token; null: this machine's own user. */
  token: string | null;
  until: number;
}

/** Browsers that are signed in, and their CSRF tokens; they end with the server. */
export class Sessions {
  readonly #key = randomBytes(32);
  readonly #sessions = new Map<string, Session>();
  readonly #attempts = new Map<string, { count: number; since: number }>();

  begin(token: string | null): string {
    if (this.#sessions.size >= mostSessions) this.#sweep();
    const id = randomBytes(24).toString("base64url");
    this.#sessions.set(id, { token, until: Date.now() + sessionMs });
    return id;
  }

  find(id: string | undefined): Session | undefined {
    const session = id === undefined ? undefined : this.#sessions.get(id);
    return session && session.until > Date.now() ? session : undefined;
  }

  end(id: string): void {
    this.#sessions.delete(id);
  }

  csrfOf(id: string): string {
    return createHmac("sha256", this.#key).update(id).digest("base64url");
  }

  csrfFits(id: string, given: string | undefined): boolean {
    if (given === undefined) return false;
    const [wanted, got] = [Buffer.from(this.csrfOf(id)), Buffer.from(given)];
    return wanted.length === got.length && timingSafeEqual(wanted, got);
  }

  /** Whether an address may try another token now. */
  mayTry(address: string): boolean {
    const known = this.#attempts.get(address);
    return !known || Date.now() - known.since > 60_000 || known.count < mostAttempts;
  }

  failed(address: string): void {
    const known = this.#attempts.get(address);
    if (!known || Date.now() - known.since > 60_000) this.#attempts.set(address, { count: 1, since: Date.now() });
    else known.count++;
    if (this.#attempts.size > mostSessions) this.#attempts.clear();
  }

  #sweep(): void {
    const now = Date.now();
    for (const [id, { until }] of this.#sessions) if (until <= now) this.#sessions.delete(id);
    // Still full: the oldest go.
    for (const id of this.#sessions.keys()) {
      if (this.#sessions.size < mostSessions) break;
      this.#sessions.delete(id);
    }
  }
}
