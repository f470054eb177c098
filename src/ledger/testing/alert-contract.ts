import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type AlertChange, type Incident, type Ledger, newRunId } from "../index.ts";

/** What every database behind the alerts must do the same. `open` gives a ledger on an empty database, or again on the last one. */
export function alertContract(name: string, open: (again: boolean) => Promise<Ledger>): void {
  describe(`alerts on ${name}`, () => suite(open));
}

function suite(open: (again: boolean) => Promise<Ledger>): void {
  let ledger: Ledger;
  const other: Ledger[] = [];

  beforeEach(async () => {
    ledger = await open(false);
  });
  afterEach(async () => {
    for (const each of [ledger, ...other.splice(0)]) await each.close();
  });

  const now = new Date("2026-03-01T12:00:00Z");
  const later = (seconds: number) => new Date(now.getTime() + seconds * 1000);
  const incident = (fingerprint: string, more: Partial<Incident> = {}): Incident => ({
    id: newRunId(now.getTime()),
    fingerprint,
    event: "failed",
    state: "open",
    openedAt: now.toISOString(),
    seenAt: now.toISOString(),
    seen: 1,
    overAt: null,
    cause: { summary: "model a failed" },
    labs: { lab1: { since: now.toISOString(), seenAt: now.toISOString(), run: "r1", over: false } },
    told: { ops: { at: now.toISOString(), times: 1 } },
    ...more,
  });
  const change = (more: Partial<AlertChange> = {}): AlertChange => ({
    memory: {},
    evaluated: [],
    incidents: [],
    deliveries: [],
    ...more,
  });
  const message = { subject: "s", body: "b", data: {} };

  describe("an evaluation", () => {
    test("is read back as it was committed, and only once", async () => {
      const first = incident("f1");
      const { version } = await ledger.alerts.state();
      const delivery = {
        id: newRunId(),
        channel: "ops",
        kind: "opened" as const,
        event: "failed",
        incidents: [first.id],
        createdAt: now.toISOString(),
      };
      const whole = change({
        memory: { since: "0", digestDay: "2026-03-01" },
        evaluated: [{ id: "r1", status: "failed" }],
        incidents: [first],
        deliveries: [delivery],
      });
      expect(await ledger.alerts.commit(version, whole, now)).toBe(true);
      const state = await ledger.alerts.state();
      expect(state).toMatchObject({ open: [first], memory: whole.memory });
      expect(await ledger.alerts.unevaluated("", now, 10)).toEqual([]);
      expect(await ledger.alerts.due()).toMatchObject([{ ...delivery, state: "due", attempts: 0, message: null }]);

      const late = change({ incidents: [incident("f2")], evaluated: [{ id: "r2", status: "ok" }] });
      expect(await ledger.alerts.commit(version, late, now)).toBe(false);
      expect((await ledger.alerts.state()).open).toHaveLength(1);
    });

    test("of several processes at once counts once each", async () => {
      for (let i = 0; i < 3; i++) other.push(await open(true));
      const count = async (each: Ledger) => {
        for (;;) {
          const { version, open } = await each.alerts.state();
          const [known] = open;
          const next = known ? { ...known, seen: known.seen + 1 } : incident("f", { seen: 1 });
          if (await each.alerts.commit(version, change({ incidents: [next] }), now)) return;
        }
      };
      await Promise.all([ledger, ...other].flatMap((each) => Array.from({ length: 5 }, () => count(each))));
      expect((await ledger.alerts.state()).open).toMatchObject([{ seen: 20 }]);
    });

    test("finds what it has not looked at in the state it has now", async () => {
      const run = await ledger.startRun({ lab: "a", trigger: "cli", command: "labs run" });
      const find = async () => (await ledger.alerts.unevaluated("", now, 10)).map(({ id, before }) => [id, before]);
      expect(await find()).toEqual([[run.id, null]]);
      const { version } = await ledger.alerts.state();
      await ledger.alerts.commit(version, change({ evaluated: [{ id: run.id, status: "crashed" }] }), now);
      expect(await find()).toEqual([[run.id, "crashed"]]);
      await run.finish("failed");
      await ledger.alerts.commit(version + 1, change({ evaluated: [{ id: run.id, status: "failed" }] }), now);
      expect(await find()).toEqual([]);
      expect(await ledger.alerts.unevaluated(newRunId(Date.now() + 1000), now, 10)).toEqual([]);
    });

    test("forgets what is long over", async () => {
      const over = incident("f", { state: "over", overAt: "2025-01-01T00:00:00.000Z" });
      const { version } = await ledger.alerts.state();
      await ledger.alerts.commit(version, change({ incidents: [over, incident("g")] }), now);
      await ledger.alerts.commit(version + 1, change(), now);
      expect((await ledger.alerts.incidents()).map((each) => each.fingerprint)).toEqual(["g"]);
    });
  });

  describe("a channel", () => {
    test("is held by one sender, until its time is over", async () => {
      const hold = (holder: string, at: number) => ledger.alerts.holdChannel("ops", holder, later(at), later(at + 60));
      expect(await hold("a", 0)).toBe(true);
      expect(await hold("b", 10)).toBe(false);
      expect(await hold("a", 20)).toBe(true);
      expect(await hold("b", 81)).toBe(true);
      await ledger.alerts.releaseChannel("ops", "a");
      expect(await hold("a", 82)).toBe(false);
      await ledger.alerts.releaseChannel("ops", "b");
      expect(await hold("a", 82)).toBe(true);
    });

    test("waits after a failure, and forgets it after a success", async () => {
      const id = newRunId();
      await ledger.alerts.enqueue({ id, channel: "ops", kind: "test", createdAt: now.toISOString() }, message);
      const failure = { ok: false as const, problem: "down", nextAt: later(30), delivery: id };
      await ledger.alerts.noteChannel("ops", failure, now);
      await ledger.alerts.noteChannel("ops", { ...failure, nextAt: later(90) }, later(30));
      expect((await ledger.alerts.channels()).get("ops")).toMatchObject({
        failures: 2,
        failingSince: now.toISOString(),
        problem: "down",
      });
      expect(await ledger.alerts.holdChannel("ops", "a", later(60), later(70))).toBe(false);
      expect(await ledger.alerts.holdChannel("ops", "a", later(91), later(99))).toBe(true);
      await ledger.alerts.attempt(id, message, []);
      await ledger.alerts.settle(id, "sent", later(92), null);
      await ledger.alerts.noteChannel("ops", { ok: true }, later(92));
      expect((await ledger.alerts.channels()).get("ops")).toMatchObject({ failures: 0, failingSince: null });
      expect(await ledger.alerts.sentSince("ops", now)).toBe(1);
      expect(await ledger.alerts.sentSince("ops", later(92))).toBe(0);
      expect(await ledger.alerts.deliveries()).toMatchObject([{ state: "sent", attempts: 1, message }]);
    });

    test("was told about an incident when an attempt was made", async () => {
      const one = incident("f");
      const { version } = await ledger.alerts.state();
      const id = newRunId();
      const delivery = { id, channel: "ops", kind: "opened" as const, event: "failed", incidents: [one.id] };
      const whole = change({ incidents: [one], deliveries: [{ ...delivery, createdAt: now.toISOString() }] });
      await ledger.alerts.commit(version, whole, now);
      expect(await ledger.alerts.wasTold("ops", one.id)).toBe(false);
      await ledger.alerts.attempt(id, message, [one.id]);
      expect(await ledger.alerts.wasTold("ops", one.id)).toBe(true);
      expect(await ledger.alerts.wasTold("mail", one.id)).toBe(false);
    });
  });
}
