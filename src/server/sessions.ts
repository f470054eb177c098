import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";

const sessionMs = 12 * 3_600_000;
const mostSessions = 10_000;
/** Wrong tokens or passwords within a minute, from one address or for one name. */
const mostAttempts = 10;

/** Who began a session: a token, or a user with the time of the password that was given; null: this machine's own user. */
export type SessionOwner = { token: string } | { user: string; passwordAt: string } | null;

interface Session {
  owner: SessionOwner;
  until: number;
}

/** Browsers that are signed in, and their CSRF tokens; they end with the server. */
export class Sessions {
  readonly #key = randomBytes(32);
  readonly #sessions = new Map<string, Session>();
  readonly #attempts = new Map<string, { count: number; since: number }>();

  begin(owner: SessionOwner): string {
    if (this.#sessions.size >= mostSessions) this.#sweep();
    const id = randomBytes(24).toString("base64url");
    this.#sessions.set(id, { owner, until: Date.now() + sessionMs });
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

  /** Whether an address, or who says to be a user, may try another token or password now. */
  mayTry(whose: string): boolean {
    const known = this.#attempts.get(whose);
    return !known || Date.now() - known.since > 60_000 || known.count < mostAttempts;
  }

  /** An attempt counts before it is checked: a hundred at once are no way around the limit. */
  tries(whose: string): void {
    const known = this.#attempts.get(whose);
    if (known && Date.now() - known.since <= 60_000) known.count++;
    else {
      this.#attempts.delete(whose);
      this.#attempts.set(whose, { count: 1, since: Date.now() });
    }
    // The oldest go first: who comes from many addresses does not wipe the others' counts at will.
    for (const oldest of this.#attempts.keys()) {
      if (this.#attempts.size <= mostSessions) break;
      this.#attempts.delete(oldest);
    }
  }

  /** It was right: it does not count. */
  fitted(whose: string): void {
    const known = this.#attempts.get(whose);
    if (known && --known.count <= 0) this.#attempts.delete(whose);
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
