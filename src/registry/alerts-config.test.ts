import { describe, expect, it } from "vitest";
import { alertsPath, channelVariables, labAlertsConfig, mergeThresholds, readAlertsConfig } from "./alerts-config.ts";
import { temporaryFolder } from "./testing/temporary.ts";

const labs = ["sales", "stock"];

const read = (text: string) => readAlertsConfig(temporaryFolder({ [alertsPath]: text }), labs);

const full = `
channels:
  team:
    type: email
    host: smtp.example.com
    from: labs@example.com
    to: data@example.com
    username_env: SMTP_USER
    password_env: SMTP_PASSWORD
  ops: { type: slack, url_env: SLACK_URL, quiet_hours: false, max_per_hour: 5 }
  hook: { type: webhook, url: "https://example.com/in", secret_env: HOOK_KEY, headers_env: { Authorization: HOOK_TOKEN } }
  page: { type: command, command: [./page.sh, now], env: [PAGER_KEY] }
  log: { type: file, path: logs/alerts.ndjson }
rules:
  - { labs: ["s*"], events: [failed, recovered], channels: [ops, team] }
  - { owners: Ada, tags: [finance], channels: log }
thresholds:
  score_drop: { by: 3, under: 80 }
  quarantined: 1%
  disk: { free: 10 GB }
repeat: 6 hours
quiet_hours: { from: "20:00", to: "7:05", timezone: Europe/Berlin, days: [sat, sun], pass: [failed] }
digest: { at: "07:30", timezone: Europe/Berlin, channels: [team] }
`;

describe("alerts.yml", () => {
  it("without one nobody is told", () => {
    const config = readAlertsConfig(temporaryFolder(), labs);
    expect(config).toMatchObject({
      exists: false,
      channels: new Map(),
      thresholds: { late: 900_000, stale: undefined },
    });
  });

  it("is read with its defaults", () => {
    const config = read(full);
    const quiet = { from: 1200, to: 425, timezone: "Europe/Berlin", days: [6, 0], pass: ["failed"] };
    expect(config.channels.get("team")).toMatchObject({
      type: "email",
      port: 587,
      to: ["data@example.com"],
      quietHours: quiet,
    });
    expect(config.channels.get("ops")).toMatchObject({ urlEnv: "SLACK_URL", quietHours: undefined, maxPerHour: 5 });
    expect(config.rules[0]).toMatchObject({
      labs: ["s*"],
      events: new Set(["failed", "recovered"]),
      channels: ["ops", "team"],
    });
    expect(config.rules[1]?.events.has("drift")).toBe(true);
    expect(config).toMatchObject({
      repeatMs: 6 * 3_600_000,
      digest: { at: 450, channels: ["team"] },
      thresholds: {
        scoreDrop: { by: 3, under: 80 },
        quarantined: { share: 0.01 },
        disk: { free: { bytes: 1e10 }, timesDatabase: 2 },
      },
    });
    const variables = [...config.channels.values()].flatMap(channelVariables);
    expect(variables).toEqual(["SMTP_USER", "SMTP_PASSWORD", "SLACK_URL", "HOOK_KEY", "HOOK_TOKEN", "PAGER_KEY"]);
  });

  it("without rules tells every channel everything", () => {
    const config = read("channels: { log: { type: file, path: a } }");
    expect(config.rules).toMatchObject([{ channels: ["log"], labs: [] }]);
    expect(config.rules[0]?.events.size).toBe(10);
    expect(read("").channels.size).toBe(0);
  });

  const log = "channels:\n  log: { type: file, path: a }\n";
  it.each([
    ["channels:\n  a: { type: emial }", "REG-005", 2, "Did you mean `email`?"],
    ["chanels: {}", "REG-004", 1, "Did you mean `channels`?"],
    ["channels:\n  a:\n    type: slack\n    url: https://hooks.example.com/x", "REG-005", 4, "url_env"],
    ["channels:\n  a: { type: slack }", "REG-005", 2, "Add `url_env:`."],
    ["channels:\n  a: { type: file, path: a, host: b }", "REG-005", 2, "file takes path"],
    ["channels:\n  a: { type: email, host: h, from: a, to: b, username: me }", "REG-005", 2, "Add `password_env:`."],
    ["channels:\n  a: { type: webhook, url: 'https://me:secret@example.com/' }", "REG-005", 2, "without a user"],
    ["channels:\n  a: { type: webhook, url: 'https://x/', url_env: B }", "REG-005", 2, "Keep one"],
    [`${log}rules:\n  - channels: [lgo]`, "REG-005", 4, "Did you mean `log`?"],
    [`${log}rules:\n  - labs: slaes\n    channels: log`, "REG-005", 4, "Did you mean `sales`?"],
    [`${log}rules:\n  - events: [fialed]\n    channels: log`, "REG-005", 4, "Did you mean `failed`?"],
    [`${log}quiet_hours: { from: '20:00', to: '07:00', timezone: Europe/Berln }`, "REG-005", 3, "Europe/Berlin"],
    [`${log}quiet_hours: { from: '24:00', to: '07:00' }`, "REG-005", 3, "time of day"],
    [`${log}quiet_hours: { from: '08:00', to: '08:00' }`, "REG-005", 3, "different times"],
    [`${log}digest: { at: '07:30', channels: lok }`, "REG-005", 3, "Did you mean `log`?"],
    [`${log}repeat: soon`, "REG-005", 3, "15 minutes"],
  ])("refuses %j", (text, code, line, hint) => {
    let error: unknown;
    try {
      read(text);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({
      code,
      place: { line, column: expect.any(Number) },
      hint: expect.stringContaining(hint),
    });
  });

  it("a lab's own words go before those of the workspace, key by key", () => {
    const { thresholds } = read(full);
    const own = labAlertsConfig({
      mute: ["drift"],
      channels: "log",
      thresholds: { score_drop: { by: 9 }, stale: "2 days" },
    });
    expect(own).toMatchObject({ mute: new Set(["drift"]), channels: ["log"] });
    expect(mergeThresholds(thresholds, own.thresholds)).toEqual({
      ...thresholds,
      scoreDrop: { by: 9, under: 80 },
      stale: 2 * 86_400_000,
    });
    expect(labAlertsConfig({ mute: true }).mute.size).toBe(9);
    expect(labAlertsConfig({ mute: false }).mute.size).toBe(0);
  });
});
