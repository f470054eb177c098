import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import type { JobInfo, JobState, JobStore } from "../index.ts";

/** What every database behind the queue must do the same. `open` gives an empty queue; so many are filled at random. */
export function jobContract(name: string, open: () => Promise<JobStore>, random = 200): void {
  const at = (seconds: number) => new Date(Date.UTC(2026, 0, 1) + seconds * 1000);
  const lease = 60_000;
  const ask = (lab: string, more: object = {}) => ({
    lab,
    trigger: "schedule",
    command: `labs run ${lab}`,
    dueAt: at(0).toISOString(),
    ...more,
  });

  describe(`the queue on ${name}`, () => {
    let jobs: JobStore;
    beforeEach(async () => {
      jobs = await open();
    });

    it("gives jobs by priority, then by due time, one of a lab at a time, and none before its time", async () => {
      await jobs.enqueue([
        ask("a", { dueAt: at(5).toISOString() }),
        ask("b"),
        ask("a", { dueAt: at(2).toISOString() }),
        ask("c", { priority: 5, dueAt: at(9).toISOString() }),
      ]);
      const first = await jobs.claim("w", at(8), lease);
      const second = await jobs.claim("w", at(8), lease);
      expect([first?.lab, second?.lab, second?.dueAt]).toEqual(["b", "a", at(2).toISOString()]);
      expect(await jobs.claim("w", at(8), lease)).toBeUndefined();
      expect((await jobs.claim("w", at(9), lease))?.lab).toBe("c");
      expect(await jobs.nextStart()).toBe(at(5).toISOString());
    });

    it("lets a lab wait for those it reads, as far as they are due and will run", async () => {
      await jobs.enqueue([
        ask("c", { behind: ["b"], priority: 9 }),
        ask("b", { behind: ["a", "x_b"] }),
        ask("xyb"),
        ask("a", { dueAt: at(-5).toISOString() }),
        ask("late", { behind: ["b"], dueAt: at(-9).toISOString() }),
      ]);
      const next = async () => (await jobs.claim("w", at(8), lease)) as JobInfo;
      const done = (job: JobInfo) => jobs.finish(job, { state: "ok", message: "done" }, at(9));
      expect((await jobs.jobs({ lab: "b" }))[0]?.message).toBe("Behind a, x_b.");
      // Due before the others: it does not wait for them.
      expect((await next()).lab).toBe("late");
      const a = await next();
      expect([a.lab, (await next()).lab, await next()]).toEqual(["a", "xyb", undefined]);
      await done(a);
      const b = await next();
      expect([b.lab, b.message, await next()]).toEqual(["b", null, undefined]);
      await jobs.finish(b, { state: "failed", message: "broken", retryAt: at(100).toISOString() }, at(10));
      expect(await next()).toBeUndefined();
      // A lab that is paused would be waited for in vain.
      await jobs.pause("b", "ann", null, at(11));
      expect((await next()).lab).toBe("c");
    });

    it("knows a request again", async () => {
      const [one] = await jobs.enqueue([ask("a", { dedupe: "a:1" })]);
      expect(await jobs.enqueue([ask("a", { dedupe: "a:1" }), ask("a", { dedupe: "a:2" })])).toHaveLength(1);
      expect(one).toMatchObject({ state: "queued", options: {}, attempt: 0, run: null });
    });

    it("refuses what an older attempt writes", async () => {
      await jobs.enqueue([ask("a")]);
      const old = (await jobs.claim("frozen", at(1), lease)) as JobInfo;
      expect(await jobs.interrupt(old, "no sign of life", at(100), 5)).toMatchObject({ state: "queued" });
      const now = (await jobs.claim("other", at(101), lease)) as JobInfo;
      expect(await jobs.renew(old, at(102), lease)).toBeUndefined();
      expect(await jobs.noteRun(old, "r1")).toBe(false);
      const done = { state: "ok", message: "done" } as const;
      expect(await jobs.finish(old, done, at(103), [ask("b")])).toBe(false);
      expect(await jobs.jobs({ lab: "b" })).toEqual([]);
      expect(await jobs.finish(now, done, at(104), [ask("b")])).toBe(true);
      expect(await jobs.jobs({ lab: "b" })).toHaveLength(1);
      expect(await jobs.finish(now, done, at(105), [ask("b")])).toBe(false);
    });

    it("tries again when told to, and gives up on what kills its workers", async () => {
      await jobs.enqueue([ask("a")]);
      const first = (await jobs.claim("w", at(1), lease)) as JobInfo;
      await jobs.finish(first, { state: "failed", message: "no", retryAt: at(30).toISOString() }, at(2));
      expect(await jobs.claim("w", at(29), lease)).toBeUndefined();
      const second = (await jobs.claim("w", at(30), lease)) as JobInfo;
      expect(second).toMatchObject({ attempt: 2, failures: 1 });
      await jobs.interrupt(second, "died", at(31), 2);
      const third = (await jobs.claim("w", at(32), lease)) as JobInfo;
      await jobs.finish(third, "server stopped", at(9));
      const fourth = (await jobs.claim("w", at(33), lease)) as JobInfo;
      expect(await jobs.interrupt(fourth, "died", at(34), 2)).toMatchObject({ state: "failed", message: "died" });
    });

    it("cancels what waits at once and asks what runs", async () => {
      await jobs.enqueue([ask("a"), ask("b")]);
      const running = (await jobs.claim("w", at(1), lease)) as JobInfo;
      const [waiting] = await jobs.jobs({ states: ["queued"] });
      expect(await jobs.cancel(waiting?.id ?? "", "ann", at(2))).toMatchObject({ state: "cancelled" });
      expect(await jobs.cancel(waiting?.id ?? "", "ann", at(2))).toBeUndefined();
      expect(await jobs.cancel(running.id, "ann", at(2))).toMatchObject({ state: "running" });
      expect(await jobs.renew(running, at(3), lease)).toMatchObject({ cancelBy: "ann" });
      // A cancelled job whose worker dies is not started again.
      expect(await jobs.interrupt(running, "died", at(4), 5)).toMatchObject({ state: "cancelled" });
    });

    it("pauses what schedules ask for, not what people do", async () => {
      await jobs.enqueue([ask("a"), ask("b", { trigger: "cli", dueAt: at(1).toISOString() })]);
      for (const lab of ["a", "b"]) await jobs.pause(lab, "ann", "stocktaking", at(0));
      await jobs.pause("a", "bob", null, at(1));
      expect((await jobs.labStates()).get("a")?.paused).toEqual({
        at: at(0).toISOString(),
        by: "ann",
        why: "stocktaking",
      });
      expect((await jobs.claim("w", at(2), lease))?.lab).toBe("b");
      expect(await jobs.claim("w", at(2), lease)).toBeUndefined();
      expect([await jobs.resume("a"), await jobs.resume("a")]).toEqual([true, false]);
      expect((await jobs.claim("w", at(3), lease))?.lab).toBe("a");
    });

    it("remembers schedules, files and workers", async () => {
      expect(await jobs.schedule("a", "h1", at(60).toISOString(), [ask("a", { dedupe: "s" })])).toHaveLength(1);
      expect(await jobs.schedule("a", "h1", at(60).toISOString(), [ask("a", { dedupe: "s" })])).toEqual([]);
      await jobs.filesSeen("a", "x", []);
      expect((await jobs.labStates()).get("a")).toEqual({
        lab: "a",
        paused: null,
        scheduledUntil: at(60).toISOString(),
        scheduleHash: "h1",
        filesSeen: "x",
      });
      const now = new Date();
      await jobs.beat("w1", "server", now, { jobs: 2 });
      expect(await jobs.workers(now)).toMatchObject([{ id: "w1", alive: true, info: { jobs: 2 }, stoppedAt: null }]);
      await jobs.retire("w1", now);
      expect(await jobs.workers(now)).toMatchObject([{ alive: false }]);
      expect(await jobs.workers(new Date(now.getTime() + 8 * 86_400_000))).toEqual([]);
    });

    it("keeps its promises whatever comes in whatever order", { timeout: 60_000 }, async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(action, { minLength: 5, maxLength: 60 }), async (actions) => {
          const model = new Model(await open(), lease);
          for (const step of actions) await model.apply(step);
        }),
        { numRuns: random },
      );
    });
  });
}

type Action =
  | { do: "enqueue"; lab: string; key: number; priority: number; trigger: string }
  | { do: "claim" }
  | { do: "renew" | "release" | "interrupt" | "cancel"; pick: number }
  | { do: "finish"; pick: number; state: "ok" | "failed"; retryIn: number | null }
  | { do: "pause" | "resume"; lab: string }
  | { do: "wait"; seconds: number };

const lab = fc.constantFrom("a", "b", "c");
const pick = fc.nat(20);
const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("enqueue" as const),
      lab,
      key: fc.nat(12),
      priority: fc.nat(2),
      trigger: fc.constantFrom("schedule", "cli"),
    }),
  },
  { weight: 5, arbitrary: fc.record({ do: fc.constant("claim" as const) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("finish" as const),
      pick,
      state: fc.constantFrom("ok" as const, "failed" as const),
      retryIn: fc.option(fc.nat(90)),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constantFrom("renew", "release", "interrupt", "cancel" as const), pick }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("pause", "resume" as const), lab }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("wait" as const), seconds: fc.nat(120) }) },
);

/** Applies actions to a queue, by holders that may be stale, and checks after each what must always be true. */
class Model {
  readonly #jobs: JobStore;
  readonly #leaseMs: number;
  #now = Date.UTC(2026, 0, 1);
  /** Every lease that was ever given, stale ones too. */
  readonly #leases: JobInfo[] = [];
  readonly #ended = new Map<string, JobState>();
  readonly #paused = new Set<string>();

  constructor(jobs: JobStore, leaseMs: number) {
    this.#jobs = jobs;
    this.#leaseMs = leaseMs;
  }

  async apply(step: Action): Promise<void> {
    const now = new Date(this.#now);
    const before = new Map((await this.#jobs.jobs({ limit: 1000 })).map((job) => [job.id, job]));
    const held = "pick" in step ? this.#leases[step.pick % Math.max(1, this.#leases.length)] : undefined;
    const current = held && before.get(held.id);
    const valid = current?.state === "running" && current.attempt === held?.attempt;
    switch (step.do) {
      case "enqueue":
        await this.#jobs.enqueue([
          { ...step, command: "labs run", dueAt: now.toISOString(), dedupe: `${step.lab}:${step.key}` },
        ]);
        break;
      case "claim": {
        const job = await this.#jobs.claim("w", now, this.#leaseMs);
        const open = [...before.values()];
        const may = open.filter(
          (one) =>
            one.state === "queued" &&
            one.notBefore <= now.toISOString() &&
            !(this.#paused.has(one.lab) && one.trigger === "schedule") &&
            !open.some((other) => other.lab === one.lab && other.state === "running"),
        );
        expect(job === undefined).toBe(may.length === 0);
        if (!job) break;
        expect(job.priority).toBe(Math.max(...may.map(({ priority }) => priority)));
        expect(job.attempt).toBe((before.get(job.id)?.attempt ?? 0) + 1);
        this.#leases.push(job);
        break;
      }
      case "renew":
        if (held) expect((await this.#jobs.renew(held, now, this.#leaseMs)) !== undefined).toBe(valid);
        break;
      case "release":
        if (held) await this.#jobs.finish(held, "stopped", now);
        break;
      case "interrupt":
        if (held) expect((await this.#jobs.interrupt(held, "died", now, 3)) !== undefined).toBe(valid);
        break;
      case "finish": {
        if (!held) break;
        const retryAt = step.retryIn === null ? undefined : new Date(this.#now + step.retryIn * 1000).toISOString();
        const outcome = { state: step.state, message: "m", ...(retryAt !== undefined && { retryAt }) };
        expect(await this.#jobs.finish(held, outcome, now)).toBe(valid);
        break;
      }
      case "cancel":
        if (held) await this.#jobs.cancel(held.id, "ann", now);
        break;
      case "pause":
        this.#paused.add(step.lab);
        await this.#jobs.pause(step.lab, "ann", null, now);
        break;
      case "resume":
        expect(await this.#jobs.resume(step.lab)).toBe(this.#paused.delete(step.lab));
        break;
      case "wait":
        this.#now += step.seconds * 1000;
        break;
    }
    if (held && !valid && step.do !== "cancel") {
      // A stale holder changed nothing.
      expect((await this.#jobs.jobs({ limit: 1000 })).find(({ id }) => id === held.id)).toEqual(current);
    }
    await this.#check();
  }

  async #check(): Promise<void> {
    const all = await this.#jobs.jobs({ limit: 1000 });
    const running = all.filter(({ state }) => state === "running").map((job) => job.lab);
    expect(new Set(running).size, "a lab runs once at a time").toBe(running.length);
    for (const job of all) {
      const final = this.#ended.get(job.id);
      if (final !== undefined) expect(job.state, "a job that ended stays as it is").toBe(final);
      if (job.state === "running") expect(job.worker).toBe("w");
      else expect([job.worker, job.leaseUntil]).toEqual([null, null]);
      if (job.state !== "queued" && job.state !== "running") {
        this.#ended.set(job.id, job.state);
        expect(job.finishedAt).not.toBeNull();
      } else expect(job.finishedAt).toBeNull();
      expect(job.failures + job.interruptions).toBeLessThanOrEqual(job.attempt);
    }
  }
}
