import SqliteDatabase from "better-sqlite3";
import fc from "fast-check";
import { join } from "node:path";
import { expect, it } from "vitest";
import { newRunId } from "#ledger/index.ts";
import { Refusal } from "./channels/types.ts";
import { isQuiet, localTime } from "./quiet.ts";
import { TestWorkspace } from "./testing/workspace.ts";

const labs = ["a", "b", "c"] as const;
const zone = "Europe/Berlin";
const minuteMs = 60_000;
const repeatMs = 6 * 60 * minuteMs;

/** What a run of a lab shows. `disk` is the same cause in every lab. */
type Outcome = "ok" | "m1" | "m2" | "both" | "disk" | "cancelled";
const broken: Record<Outcome, string[]> = {
  ok: [],
  m1: ["m1"],
  m2: ["m2"],
  both: ["m1", "m2"],
  disk: ["disk"],
  cancelled: [],
};

interface Step {
  /** Minutes since the step before. */
  wait: number;
  run: { lab: (typeof labs)[number]; outcome: Outcome } | null;
  /** The channels take nothing now. */
  down: boolean;
}

const step: fc.Arbitrary<Step> = fc.record({
  wait: fc.oneof(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 500 })),
  run: fc.option(
    fc.record({
      lab: fc.constantFrom(...labs),
      outcome: fc.constantFrom<Outcome>("ok", "ok", "ok", "m1", "m2", "both", "disk", "cancelled"),
    }),
    { freq: 3 },
  ),
  down: fc.boolean(),
});

/** Writes a run as the pipeline would have recorded it. */
function record(db: SqliteDatabase.Database, lab: string, outcome: Outcome, at: Date): void {
  const id = newRunId(at.getTime());
  const bad = broken[outcome];
  const status = outcome === "cancelled" ? "cancelled" : bad.length > 0 ? "failed" : "ok";
  const time = at.toISOString();
  const summary = JSON.stringify({
    message: status,
    models: { ok: 2, failed: bad.length, skipped: 0 },
    ...(bad.length > 0 && { partial: "x" }),
  });
  db.prepare(
    `INSERT INTO runs (id, lab, trigger_, command, user_, host, pid, process_token, started_at, finished_at, status, summary)
     VALUES (?, ?, 'cli', 'labs run', 'u', 'h', 1, '', ?, ?, ?, ?)`,
  ).run(id, lab, time, time, status, summary);
  if (status === "cancelled") return;
  for (const [i, name] of ["m1", "m2"].entries()) {
    const uniqueId = `model.${lab}.${name}`;
    const failed = bad.includes(name) || bad.includes("disk");
    db.prepare(
      "INSERT INTO models (run, unique_id, name, resource_type, status, seconds) VALUES (?, ?, ?, 'model', ?, 1)",
    ).run(id, uniqueId, name, failed ? "error" : "success");
    const message = bad.includes("disk") ? "IO Error: No space left on device" : `${name} is wrong in ${id}`;
    const error = { code: "DBA-003", title: "t", message, retryable: false };
    db.prepare(
      "INSERT INTO events (run, seq, time, level, type, text, data) VALUES (?, ?, ?, ?, 'node-finish', 't', ?)",
    ).run(
      id,
      i,
      time,
      failed ? "error" : "info",
      JSON.stringify({ uniqueId, ...(failed && { error, file: `${name}.sql` }) }),
    );
  }
}

/** Which incidents there have to be, worked out without any of the code under test. */
class Expected {
  readonly #open = new Map<string, Set<string>>();
  opened = 0;

  note(lab: string, outcome: Outcome): void {
    if (outcome === "cancelled") return;
    for (const name of broken[outcome]) {
      const key = name === "disk" ? "disk" : `${lab}:${name}`;
      const known = this.#open.get(key);
      if (known) known.add(lab);
      else {
        this.#open.set(key, new Set([lab]));
        this.opened++;
      }
    }
    // A node that a full disk broke proves nothing about what was wrong with it before.
    const looked = outcome === "disk" ? [] : ["m1", "m2"].filter((name) => !broken[outcome].includes(name));
    for (const name of looked) this.#open.delete(`${lab}:${name}`);
    // The first node showed that the disk was full: the run must have built that one.
    const disk = this.#open.get("disk");
    if (disk?.has(lab) && outcome !== "disk" && looked.includes("m1")) {
      disk.delete(lab);
      if (disk.size === 0) this.#open.delete("disk");
    }
  }

  get open(): string[] {
    return [...this.#open.keys()].toSorted();
  }
}

async function check(start: Date, steps: Step[]): Promise<void> {
  const test = new TestWorkspace();
  test.write("shared/config/labs_config.yaml", `labs:\n${labs.map((lab) => `  ${lab}: {}\n`).join("")}`);
  const text =
    "channels:\n  urgent: { type: file, path: urgent, quiet_hours: { from: '22:00', to: '07:00', timezone: Europe/Berlin, pass: [failed] } }\n";
  test.alerts(`${text}  all: { type: file, path: all }
repeat: 6 hours
quiet_hours: { from: "22:00", to: "07:00", timezone: ${zone} }
digest: { at: "07:30", timezone: ${zone}, channels: [all] }
`);
  const ledger = await test.ledger();
  const db = new SqliteDatabase(join(test.root, ".labs/ledger.db"));
  db.pragma("synchronous = OFF");
  try {
    let down = false;
    const { workspace } = test;
    const alerter = await test.alerter({
      workspace: () => workspace,
      send: async (channel, outgoing) => {
        if (down) throw new Refusal("it answered 503", true);
        test.sent.push({ ...structuredClone(outgoing), channel: channel.name, at: test.now });
      },
    });
    const expected = new Expected();
    const looks: Date[] = [];
    const look = async () => {
      await alerter.evaluate();
      await alerter.tick();
      await alerter.deliver();
      looks.push(test.now);
    };
    test.now = start;
    await look();
    for (const { wait, run, down: now } of steps) {
      test.now = new Date(test.now.getTime() + wait * minuteMs);
      down = now;
      if (run) {
        record(db, run.lab, run.outcome, test.now);
        expected.note(run.lab, run.outcome);
      }
      await look();
    }
    const { open } = await ledger.alerts.state();
    const names = open.map(({ fingerprint }) =>
      fingerprint.includes("disk-full") ? "disk" : fingerprint.replace(/^failed:(\w):node:model\.\w\./, "$1:"),
    );
    expect(names.toSorted()).toEqual(expected.open);
    const all = await ledger.alerts.incidents({ limit: 10_000 });
    expect(all).toHaveLength(expected.opened);

    // The channels work again, and it is day: whatever is still to be said is said.
    down = false;
    const isDay = () => localTime(test.now, zone).minute >= 420 && localTime(test.now, zone).minute < 1320;
    for (let i = 0; i < 10 || !isDay(); i++) {
      test.now = new Date(test.now.getTime() + 150 * minuteMs);
      await look();
    }
    expect(await ledger.alerts.due()).toEqual([]);

    const deliveries = new Map((await ledger.alerts.deliveries(10_000)).map((each) => [each.id, each]));
    const ids = test.sent.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const channel of ["all", "urgent"]) {
      const sent = test.sent.filter((each) => each.channel === channel);
      const hours = {
        from: 1320,
        to: 420,
        timezone: zone,
        days: [],
        pass: channel === "urgent" ? ["failed" as const] : [],
      };
      for (const { id, at } of sent)
        expect(isQuiet(hours, deliveries.get(id)?.event ?? "", at), `${channel} ${at.toISOString()}`).toBe(false);
      for (const incident of all) {
        const told = sent.filter(({ id }) => deliveries.get(id)?.incidents.includes(incident.id));
        // A message says of its incidents what was so when it went out: only what was open then counts as told.
        const about = told.filter(({ message }) => JSON.stringify(message.data).includes(incident.id));
        const kinds = about.map(({ kind }) => kind);
        expect(kinds.filter((kind) => kind === "opened").length).toBeLessThanOrEqual(1);
        expect(kinds.filter((kind) => kind === "recovered").length).toBeLessThanOrEqual(1);
        if (kinds.includes("recovered")) {
          expect(kinds.length).toBeGreaterThan(1);
          expect(kinds.at(-1)).toBe("recovered");
        }
        const times = about.filter(({ kind }) => kind !== "recovered").map(({ at }) => at.getTime());
        for (const [i, time] of times.entries())
          if (i > 0) expect(time - times[i - 1]!).toBeGreaterThanOrEqual(repeatMs);
        if (open.some(({ id }) => id === incident.id)) expect(kinds.length).toBeGreaterThan(0);
        else if (times.length > 0) expect(kinds.at(-1)).toBe("recovered");
      }
    }
    const digests = test.sent.filter(({ kind }) => kind === "digest");
    const days = [...deliveries.values()]
      .filter(({ kind }) => kind === "digest")
      .map(({ createdAt }) => localTime(new Date(createdAt), zone).day);
    expect(new Set(days).size).toBe(days.length);
    expect(digests).toHaveLength(days.length);
    const first = localTime(start, zone);
    const wanted = new Set(
      looks
        .map((at) => localTime(at, zone))
        .filter(({ day, minute }) => minute >= 450 && (day > first.day || first.minute < 450))
        .map(({ day }) => day),
    );
    expect(days.toSorted()).toEqual([...wanted].toSorted());
  } finally {
    db.close();
    await test.remove();
  }
}

const start = fc
  .tuple(
    fc.constantFrom("2026-03-27T00:00:00Z", "2026-10-23T00:00:00Z", "2026-06-01T00:00:00Z"),
    fc.integer({ min: 0, max: 1440 }),
  )
  .map(([day, minutes]) => new Date(Date.parse(day) + minutes * minuteMs));

it("whatever runs, each incident opens once, is told in time and not too often, recovers once; digests come daily", async () => {
  await fc.assert(fc.asyncProperty(start, fc.array(step, { minLength: 1, maxLength: 20 }), check), { numRuns: 40 });
}, 300_000);
