import { beforeEach, describe, expect, it } from "vitest";
import { type AccessStore, type Ledger, sessionMs, type SessionStore, type UserStore } from "../index.ts";

/** What every database behind the API's users, tokens and audit log must do the same. `open` gives an empty one. */
export function accessContract(name: string, open: () => Promise<Ledger>): void {
  describe(`access on ${name}`, () => {
    let access: AccessStore;
    let users: UserStore;
    let sessions: SessionStore;
    beforeEach(async () => {
      ({ access, users, sessions } = await open());
    });
    const now = new Date();
    const later = (minutes: number) => new Date(now.getTime() + minutes * 60_000);

    it("knows a token by its secret until it expires or is taken back", async () => {
      const { token, secret } = await access.addToken("ci", "operator", "ann", now, later(10).toISOString());
      await expect(access.addToken("ci", "viewer", "ann", now)).rejects.toMatchObject({ code: "LED-009" });
      expect(await access.tokenOf(secret, later(1))).toMatchObject({ id: token.id, role: "operator" });
      expect((await access.tokens())[0]?.usedAt).toBe(later(1).toISOString());
      expect(await access.tokenOf(secret, later(11))).toBeUndefined();
      expect(await access.token(token.id, later(1))).toMatchObject({ name: "ci" });
      expect([await access.removeToken("ci"), await access.removeToken("ci")]).toEqual([true, false]);
      expect(await access.tokenOf(secret, later(1))).toBeUndefined();
    });

    it("knows a user by name and password, and never the password itself", async () => {
      const grant = { role: "operator", labs: { sales: "viewer" } } as const;
      const made = await users.add("ann", grant, "correct horse", "root", now);
      expect(made).toMatchObject({ name: "ann", ...grant, usedAt: null });
      expect(JSON.stringify(await users.all())).not.toMatch(/scrypt|horse/);
      expect(await users.signIn("ann", "correct horse", later(1))).toMatchObject({ id: made.id });
      expect((await users.byId(made.id))?.usedAt).toBe(later(1).toISOString());
      expect(await users.signIn("ann", "correct horsf", now)).toBeUndefined();
      expect(await users.signIn("ben", "correct horse", now)).toBeUndefined();
      await expect(users.add("ben", grant, "short", "root", now)).rejects.toMatchObject({ code: "LED-014" });
    });

    it("changes a user's role and password, and forgets who is removed", async () => {
      const { id } = await users.add("ann", { role: "viewer", labs: null }, "correct horse", "root", now);
      expect(await users.setRole("ann", "admin", null)).toMatchObject({ role: "admin", labs: null });
      expect(await users.setRole("ben", "admin", null)).toBeUndefined();
      expect(await users.setPassword("ann", "battery staple", later(1))).toMatchObject({
        passwordAt: later(1).toISOString(),
      });
      expect(await users.signIn("ann", "correct horse", now)).toBeUndefined();
      expect(await users.signIn("ann", "battery staple", now)).toMatchObject({ role: "admin" });
      expect([await users.remove("ann"), await users.remove("ann")]).toEqual([true, false]);
      expect(await users.byId(id)).toBeUndefined();
    });

    it("knows a session until it is over, signed out, or its user has another password", async () => {
      const { id, passwordAt } = await users.add("ann", { role: "viewer", labs: null }, "correct horse", "root", now);
      const owner = { user: id, passwordAt };
      const [one, other] = [await sessions.begin(owner, now), await sessions.begin(owner, now)];
      expect(await sessions.owner(one, later(1))).toEqual(owner);
      expect(await sessions.owner(one, new Date(now.getTime() + sessionMs))).toBeUndefined();
      await sessions.end(one);
      expect([await sessions.owner(one, now), await sessions.owner(other, now)]).toEqual([undefined, owner]);
      const byToken = await sessions.begin({ token: "t1" }, now);
      await users.setPassword("ann", "battery staple", later(1));
      expect(await sessions.owner(other, now)).toBeUndefined();
      const last = await sessions.begin(owner, now);
      await users.remove("ann");
      expect(await sessions.owner(last, now)).toBeUndefined();
      expect(await sessions.owner(byToken, now)).toEqual({ token: "t1" });
      // However often somebody signs in: the newest are kept.
      for (let i = 1; i <= 60; i++) await sessions.begin({ token: "t1" }, later(i));
      expect(await sessions.owner(byToken, now)).toBeUndefined();
    });

    it("gives a name to one user or one token: the audit log names who did something", async () => {
      await users.add("ann", { role: "viewer", labs: null }, "correct horse", "root", now);
      await expect(access.addToken("ann", "viewer", "root", now)).rejects.toMatchObject({ code: "LED-009" });
      const { token } = await access.addToken("ci", "viewer", "root", now, null, { sales: "operator" });
      expect(token.labs).toEqual({ sales: "operator" });
      const add = users.add("ci", { role: "viewer", labs: null }, "correct horse", "root", now);
      await expect(add).rejects.toMatchObject({ code: "LED-009" });
    });

    it("keeps what was done, newest first", async () => {
      const entry = {
        who: "ci",
        address: "::1",
        action: "run",
        subject: "lab1",
        outcome: "done",
        detail: null,
      } as const;
      await access.audit(entry, now);
      await access.audit({ ...entry, subject: "lab2", outcome: "refused", detail: "API-001" }, later(1));
      const all = await access.audits();
      expect(all.map(({ subject }) => subject).sort()).toEqual(["lab1", "lab2"]);
      expect(await access.audits(1, all[0]?.id)).toEqual([all[1]]);
    });

    it("answers a request that is repeated as the first time, however many ask at once", async () => {
      const begun = await Promise.all(Array.from({ length: 5 }, () => access.begin("k", "POST /run", now)));
      expect(begun.filter(({ is }) => is === "new")).toHaveLength(1);
      expect(await access.begin("k", "POST /run", now)).toEqual({ is: "same", status: null, answer: null });
      expect(await access.begin("k", "POST /other", now)).toEqual({ is: "other" });
      await access.answer("k", { status: 202, answer: "{}" });
      expect(await access.begin("k", "POST /run", now)).toEqual({ is: "same", status: 202, answer: "{}" });
      expect(await access.begin("k", "POST /run", later(25 * 60))).toEqual({ is: "new" });
      await access.answer("k", null);
      expect(await access.begin("k", "POST /run", now)).toEqual({ is: "new" });
    });
  });
}
