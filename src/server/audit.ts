import type { FastifyRequest } from "fastify";
import type { Ledger } from "#ledger/index.ts";

/** Refusals from one address within a minute that get a line each; of more there is one line that says so. */
const mostRefusals = 60;
const minute = 60_000;
const mostAddresses = 10_000;

/** What is written down when it is refused, whatever was asked: attempts, not mistakes. */
const attempts = new Set([
  "SRV-004", // a role that is too small
  "SRV-007", // a foreign host or page
  "SRV-008", // a body that is too large
  "SRV-009", // too many attempts
  "SRV-012", // a statement that does not only read
  "SRV-015", // what the sandbox of questions stopped
  "SRV-016", // a client that is too slow
  "SRV-017", // an address that climbs out of its folder
]);

export interface Noted {
  who: string;
  action: string;
  subject: string;
}

/** Writes the audit log. */
export class AuditTrail {
  readonly #ledger: Ledger;
  readonly #refusals = new Map<string, { count: number; since: number }>();

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /** Whether a refusal with this code is an attempt at something, also when only reading was asked for. */
  isAttempt(code: string): boolean {
    return attempts.has(code);
  }

  async done(request: FastifyRequest, noted: Noted, detail: string | null = null): Promise<void> {
    await this.#write(request.ip, noted, "done", detail);
  }

  /**
   * Notes what was refused with a code. Somebody who is refused a thousand times a second fills no disk: after the first
   * {@link mostRefusals} of a minute the address is left out until the next.
   */
  async refused(address: string, noted: Noted, code: string): Promise<void> {
    const now = Date.now();
    let known = this.#refusals.get(address);
    if (!known || now - known.since > minute) {
      if (this.#refusals.size >= mostAddresses) this.#forget(now);
      this.#refusals.set(address, (known = { count: 0, since: now }));
    }
    known.count++;
    if (known.count > mostRefusals) return;
    const last = known.count === mostRefusals ? `${code}; further ones of this minute are left out` : code;
    await this.#write(address, noted, "refused", last);
  }

  async #write(address: string, noted: Noted, outcome: "done" | "refused", detail: string | null): Promise<void> {
    const subject = noted.subject.slice(0, 200);
    await this.#ledger.access.audit({ ...noted, subject, address, outcome, detail }, new Date());
  }

  #forget(now: number): void {
    for (const [address, { since }] of this.#refusals) if (now - since > minute) this.#refusals.delete(address);
    for (const address of this.#refusals.keys()) {
      if (this.#refusals.size < mostAddresses) return;
      this.#refusals.delete(address);
    }
  }
}
