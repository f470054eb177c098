import { join } from "node:path";
import { didYouMean } from "#errors/index.ts";
import { type Delivery, type Incident, type Ledger, openLedger } from "#ledger/index.ts";
import { Alerter } from "#orchestrate/index.ts";
import { alertsStart, readAlertsConfig, type Workspace } from "#registry/index.ts";
import { workspaceOf, writeJson } from "../context.ts";
import { cliErrors } from "../errors.ts";
import type { Verb, VerbInput } from "../io.ts";
import { withLedger } from "../look/ledger.ts";
import { ago, palette, plural, renderTable } from "../render/index.ts";
import { positive } from "../run/numbers.ts";

const actions = ["test", "check"];

export const verb: Verb = {
  arguments: [
    {
      name: "[action]",
      description: "`test` sends a test message, `check` looks at what ended and sends what is due; default: list",
    },
    { name: "[channel]", description: "The channel to test" },
  ],
  options: [{ flags: "-n, --limit <messages>", description: "How many messages to list", default: "20" }],
  examples: [
    { command: "labs alerts", does: "Open incidents, and the last messages" },
    { command: "labs alerts test ops", does: "Send a test message through the channel ops" },
    { command: "labs alerts check", does: "What `labs serve` does every few seconds, for a cron of your own" },
  ],
  exitNotes: "1 when the test message was not taken.",
  async run(input) {
    const { args } = input;
    const workspace = workspaceOf(input);
    const [action, channel] = args;
    // What is wrong in the file is told, wherever it stands.
    const config = readAlertsConfig(
      workspace.root,
      workspace.labs.map(({ name }) => name),
    );
    if (action === undefined) return list(input, workspace, config.exists);
    if (!actions.includes(action) || (action === "check" && channel !== undefined)) {
      const meant = didYouMean(action, actions);
      throw cliErrors.usage({
        message: `\`labs alerts ${args.join(" ")}\` is nothing that can be done.`,
        hint:
          meant && meant !== action
            ? `Did you mean \`labs alerts ${meant}\`?`
            : "Use `labs alerts`, `labs alerts test <channel>` or `labs alerts check`.",
      });
    }
    if (action === "test" && channel === undefined) {
      const names = [...config.channels.keys()];
      throw cliErrors.usage({
        message: "Which channel?",
        hint: names.length > 0 ? `Name one of ${names.join(", ")}.` : `There are none yet. ${alertsStart}`,
      });
    }
    return withAlerter(input, workspace, (alerter) =>
      channel === undefined ? check(input, alerter) : test(input, alerter, channel),
    );
  },
};

async function withAlerter<T>(
  { io }: VerbInput,
  workspace: Workspace,
  action: (alerter: Alerter, ledger: Ledger) => Promise<T>,
): Promise<T> {
  const ledger = await openLedger(join(workspace.state, "ledger.db"));
  try {
    return await action(new Alerter(ledger, workspace, { env: io.env }), ledger);
  } finally {
    await ledger.close();
  }
}

async function test(input: VerbInput, alerter: Alerter, channel: string): Promise<number> {
  await alerter.test(channel);
  if (input.global.output === "json") writeJson(input, { channel, sent: true });
  else input.io.out(`The channel ${channel} took the message.\n`);
  return 0;
}

async function check(input: VerbInput, alerter: Alerter): Promise<number> {
  const { io, global } = input;
  const evaluated = await alerter.evaluate();
  await alerter.tick();
  const delivered = await alerter.deliver(io.signal);
  const { problems } = alerter;
  if (global.output === "json") {
    writeJson(input, { evaluated, ...delivered, problems });
    return 0;
  }
  const { sent, failed, waiting } = delivered;
  const rest = [
    ...(failed > 0 ? [`${plural(failed, "message")} refused`] : []),
    ...(waiting > 0 ? [`${plural(waiting, "message")} waiting`] : []),
  ];
  io.out(`${plural(evaluated, "run")} looked at, ${[`${plural(sent, "message")} sent`, ...rest].join(", ")}.\n`);
  for (const problem of problems) io.err(`${problem}\n`);
  return 0;
}

async function list(input: VerbInput, workspace: Workspace, configured: boolean): Promise<number> {
  const { io, global, options } = input;
  const limit = positive(options["limit"], "--limit");
  if (global.output === "json") {
    const { everything, incidentsFor } = await import("#server/index.ts");
    const { incidents } = await withLedger(workspace, (ledger) => incidentsFor(ledger, everything, "open", 1000));
    const { deliveries } = await withLedger(workspace, (ledger) => incidentsFor(ledger, everything, "open", limit));
    writeJson(input, { configured, incidents, deliveries });
    return 0;
  }
  const { open, deliveries } = await withLedger(workspace, async (ledger) => ({
    open: await ledger.alerts.incidents({ state: "open", limit: 1000 }),
    deliveries: await ledger.alerts.deliveries(limit),
  }));
  const paint = palette(io.color);
  const size = { color: io.color, ...(io.isTTY && { width: io.width }) };
  if (open.length === 0) io.out("No incident is open.\n");
  else {
    const columns = [
      { title: "OPEN SINCE" },
      { title: "WHAT" },
      { title: "LABS", shrinkTo: 12 },
      { title: "SEEN", align: "right" as const, spare: 1 },
      { title: "CAUSE", shrinkTo: 20 },
      { title: "TOLD", shrinkTo: 6, spare: 2 },
    ];
    io.out(
      renderTable(
        columns,
        open.map((each) => incidentRow(each, paint.red)),
        size,
      ),
    );
  }
  if (deliveries.length > 0) {
    const columns = [
      { title: "MESSAGE" },
      { title: "CHANNEL", shrinkTo: 8 },
      { title: "STATE" },
      { title: "SUBJECT", shrinkTo: 20 },
      { title: "WHY", shrinkTo: 12, spare: 1 },
    ];
    io.out(
      `\n${renderTable(
        columns,
        deliveries.map((each) => deliveryRow(each, paint)),
        size,
      )}`,
    );
  }
  if (!configured) io.out(`\nNobody is told: there is no shared/config/alerts.yml. ${alertsStart}\n`);
  return 0;
}

function incidentRow({ openedAt, event, labs, seen, cause, told }: Incident, red: (text: string) => string): string[] {
  const names = Object.entries(labs).flatMap(([name, { over }]) => (over ? [] : [name]));
  return [ago(openedAt), red(event), names.join(", "), String(seen), cause.summary, Object.keys(told).join(", ")];
}

function deliveryRow(
  { createdAt, channel, state, message, kind, problem }: Delivery,
  paint: ReturnType<typeof palette>,
): string[] {
  const color = state === "sent" ? paint.green : state === "failed" ? paint.red : paint.yellow;
  return [ago(createdAt), channel, color(state), message?.subject ?? kind, problem ?? ""];
}
