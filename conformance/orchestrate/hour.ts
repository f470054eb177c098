/**
 * The example workspace under `labs serve` for an hour (or `--minutes`): a schedule, files that a script drops, a lab that
 * follows another, and now and then a broken delivery that is replaced later. Messages go to a mail server and a webhook on
 * this machine. Each outage must be told once and its end once, on both, signed; nothing else may be told; and at the end all rows
 * are there.
 *
 * `node conformance/orchestrate/hour.ts --minutes 60`; the labs run from dist/.
 */
import { spawn, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { signature } from "../../src/orchestrate/alerts/channels/webhook.ts";
import { withoutSchedule } from "./workspace.ts";
import { MailServer, WebhookServer } from "../../src/orchestrate/alerts/testing/servers.ts";

const { values } = parseArgs({ options: { minutes: { type: "string", default: "60" }, keep: { type: "boolean" } } });
const minutes = Number(values.minutes);
const repository = resolve(import.meta.dirname, "../..");
const script = join(repository, "dist/labs.js");
const root = join(mkdtempSync(join(tmpdir(), "labs-hour-")), "cpg");
const problems: string[] = [];
const secret = "not-so-secret";
const labs = (...words: string[]): string => {
  const done = spawnSync(process.execPath, [script, ...words], { cwd: root, encoding: "utf8", maxBuffer: 1e9 });
  if (done.status !== 0) problems.push(`labs ${words.join(" ")} ended with ${done.status}: ${done.stderr.slice(-500)}`);
  return done.stdout;
};

cpSync(join(repository, "examples/cpg"), root, {
  recursive: true,
  filter: (path) => !/\/(data|target|\.labs|logs|.*\.duckdb)$/.test(path),
});
const sales = "lab1_sales_performance";
labs("demo-data", "lab2_forecast_model", "lab3_customer_segmentation", "--rows", "2000", "--quiet");
const all = join(root, "..", "all");
labs("demo-data", sales, "--rows", "200000", "--out", all, "--quiet");
const [header = "", ...rows] = readFileSync(join(all, "sales_data.csv"), "utf8").trimEnd().split("\n");

const mail = new MailServer();
const hook = new WebhookServer();
const port = await mail.start();
const url = await hook.start();
writeFileSync(
  join(root, "shared/config/alerts.yml"),
  `channels:
  mail: { type: email, host: 127.0.0.1, port: ${port}, security: none, from: labs@example.com, to: team@example.com }
  hook: { type: webhook, url: "${url}", secret_env: HOOK_SECRET }
rules:
  - channels: [mail, hook]
repeat: 24 hours
`,
);
const schedules = {
  [sales]: "on_files: true",
  lab2_forecast_model: "cron: '* * * * *'",
  lab3_customer_segmentation: `after: ${sales}`,
};
for (const [lab, schedule] of Object.entries(schedules)) {
  const file = join(root, lab, "lab.yml");
  writeFileSync(file, `${withoutSchedule(readFileSync(file, "utf8"))}\nschedule:\n  ${schedule}\n`);
}

const server = spawn(process.execPath, [script, "serve", "-o", "json"], {
  cwd: root,
  env: { ...process.env, HOOK_SECRET: secret },
  stdio: ["ignore", "ignore", "inherit"],
});
const raw = join(root, sales, "data", "raw");
mkdirSync(raw, { recursive: true });
const drop = (name: string, content: string | Buffer) => {
  writeFileSync(join(raw, `${name}.part`), content);
  renameSync(join(raw, `${name}.part`), join(raw, name));
};
/** Waits until a mail says something. */
async function told(what: RegExp, count: number): Promise<void> {
  const end = Date.now() + 120_000;
  while (mail.mails.filter((text) => what.test(text)).length < count && Date.now() < end) await sleep(200);
}

let delivered = 0;
let files = 0;
let outages = 0;
const deliver = (name?: string) => {
  const chunk = rows.slice(delivered, delivered + 100);
  delivered += chunk.length;
  drop(name ?? `sales_data_${String(files++).padStart(5, "0")}.csv`, `${header}\n${chunk.join("\n")}\n`);
};
const failedMail = /^Subject: (?!.*recovered).*failed/im;
const recoveredMail = /^Subject: .*recovered/im;
try {
  const end = Date.now() + minutes * 60_000;
  while (Date.now() < end && delivered < rows.length - 200) {
    deliver();
    await sleep(15_000);
    if (files % 12 !== 2) continue;
    const broken = `sales_data_broken_${outages++}.csv`;
    drop(broken, Buffer.from(Array.from({ length: 4_000 }, (_, i) => (i * 7919) % 256)));
    await told(failedMail, outages);
    deliver();
    await sleep(10_000);
    deliver(broken);
    await told(recoveredMail, outages);
  }
  await sleep(10_000);
} finally {
  server.kill("SIGTERM");
  await new Promise((done) => server.once("exit", done));
}

const subjects = mail.mails.map((text) => /^Subject: (.*)$/im.exec(text)?.[1]?.trim() ?? "?");
const failures = subjects.filter((_, i) => failedMail.test(mail.mails[i] ?? "")).length;
const recoveries = subjects.filter((_, i) => recoveredMail.test(mail.mails[i] ?? "")).length;
if (failures !== outages || recoveries !== outages || subjects.length !== outages * 2)
  problems.push(
    `${outages} outages were told by ${failures} mails and ended by ${recoveries}: ${subjects.join(" | ")}`,
  );
if (hook.requests.length !== mail.mails.length)
  problems.push(`the webhook got ${hook.requests.length} messages, the mail server ${mail.mails.length}`);
for (const { headers, body } of hook.requests) {
  const [id, time] = [String(headers["webhook-id"]), String(headers["webhook-timestamp"])];
  if (headers["webhook-signature"] !== signature(secret, id, time, body))
    problems.push(`message ${id} is not signed rightly`);
}
const answer = labs("query", sales, "select count(*) as n from silver.silver_order_lines", "--live", "-o", "json");
if (!answer.match(/\d+/g)?.includes(String(delivered)))
  problems.push(`${delivered} rows were delivered, the lab has ${answer}`);
const { runs } = JSON.parse(labs("history", "-n", "100000", "-o", "json")) as {
  runs: { lab: string; status: string }[];
};
const by = (lab: string, status?: string) =>
  runs.filter((run) => run.lab.startsWith(lab) && (!status || run.status === status)).length;
if (by("lab2", "ok") < minutes - 1) problems.push(`lab2 ran ${by("lab2", "ok")} times in ${minutes} minutes`);
if (by("lab3", "ok") === 0) problems.push("lab3 never followed lab1");
await mail.stop();
await hook.stop();
if (values.keep) console.log(`kept: ${root}`);
else rmSync(join(root, ".."), { recursive: true, force: true });
console.log(
  `hour: ${minutes} minutes, ${runs.length} runs (${by("lab1")} of lab1, ${by("lab2")} of lab2, ${by("lab3")} of lab3), ${delivered} rows in ${files + outages} files, ${outages} outages, ${subjects.length} mails, ${hook.requests.length} webhooks: ${problems.length} wrong`,
);
for (const problem of problems.slice(0, 20)) console.log(`  ${problem}`);
process.exit(problems.length > 0 ? 1 : 0);
