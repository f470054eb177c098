import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";

const mostKept = 10_000;
/** Wrong tokens or passwords within a minute, from one address or for one name. */
const mostAttempts = 10;

/** A cookie that says nobody: where nobody is asked, it only ties a page's CSRF token to its browser, and is kept nowhere. */
const anonymous = "anonymous.";
export const anonymousSession = (): string => anonymous + randomBytes(24).toString("base64url");
export const isAnonymous = (cookie: string): boolean => cookie.startsWith(anonymous);

/**
 * What a page shows to prove that it was told by this server, not by another site: made of the cookie, which no page can read,
 * so that it holds as long as the cookie does, whatever server is asked.
 */
export const csrfOf = (cookie: string): string =>
  createHmac("sha256", cookie).update("csrf of buildcpg-labs").digest("base64url");

export function csrfFits(cookie: string, given: unknown): boolean {
  if (typeof given !== "string") return false;
  const [wanted, got] = [Buffer.from(csrfOf(cookie)), Buffer.from(given)];
  return wanted.length === got.length && timingSafeEqual(wanted, got);
}

/** Counts wrong tokens and passwords. */
export class Attempts {
  readonly #counts = new Map<string, { count: number; since: number }>();

  /** Whether an address, or who says to be a user, may try another token or password now. */
  mayTry(whose: string): boolean {
    const known = this.#counts.get(whose);
    return !known || Date.now() - known.since > 60_000 || known.count < mostAttempts;
  }

  /** An attempt counts before it is checked: a hundred at once are no way around the limit. */
  tries(whose: string): void {
    const known = this.#counts.get(whose);
    if (known && Date.now() - known.since <= 60_000) known.count++;
    else {
      this.#counts.delete(whose);
      this.#counts.set(whose, { count: 1, since: Date.now() });
    }
    // The oldest go first: who comes from many addresses does not wipe the others' counts at will.
    for (const oldest of this.#counts.keys()) {
      if (this.#counts.size <= mostKept) break;
      this.#counts.delete(oldest);
    }
  }

  /** It was right: it does not count. */
  fitted(whose: string): void {
    const known = this.#counts.get(whose);
    if (known && --known.count <= 0) this.#counts.delete(whose);
  }
}
