import { isLabsError, renderError } from "#errors/index.ts";
import { connectToServer, type Schedule, soundSchedule } from "#orchestrate/index.ts";
import { impliedLab, workspaceOf, writeJson } from "../context.ts";
import type { Verb } from "../io.ts";
import { withLedger } from "../look/ledger.ts";
import { positive } from "../run/numbers.ts";
import { palette, renderTable } from "../render/index.ts";

export const verb: Verb = {
  arguments: [{ name: "[lab]", description: "Only this lab; default: the lab of the current folder, or all" }],
  options: [{ flags: "-n, --next <times>", description: "How many times to show of a lab", default: "1" }],
  examples: [
    { command: "labs schedule", does: "When each lab runs next, and whether a server is there to run it" },
    { command: "labs schedule lab1_sales_performance -n 10", does: "The next ten times of one lab" },
  ],
  async run(input) {
    const { io, args, options, global } = input;
    const workspace = workspaceOf(input);
    const count = positive(options["next"], "--next");
    const only = args[0] === undefined ? impliedLab(input, workspace) : workspace.lab(args[0]);
    const states = await withLedger(
      workspace,
      (ledger) => ledger.jobs.labStates(),
      () => {},
    );
    const client = await connectToServer(workspace.state);
    client?.close();
    let wrong = 0;
    const schedules = new Map<string, Schedule>();
    const entries = (only ? [only] : workspace.labs).map((lab) => {
      const entry = {
        lab: lab.name,
        status: lab.status,
        schedule: "",
        timezone: null as string | null,
        paused: null as string | null,
      };
      try {
        const schedule = soundSchedule(workspace, lab);
        schedules.set(lab.name, schedule);
        const paused = states.get(lab.name)?.paused;
        const why = paused
          ? `paused by ${paused.by}${paused.why === null ? "" : `: ${paused.why}`}`
          : schedule.paused
            ? "paused in lab.yml"
            : lab.status === "active"
              ? null
              : lab.status;
        const next: string[] = [];
        for (let time = schedule.next(new Date()); time && next.length < count; time = schedule.next(time))
          next.push(time.toISOString());
        return { ...entry, schedule: schedule.describe(), timezone: schedule.timezone ?? null, paused: why, next };
      } catch (error) {
        if (!isLabsError(error) || only) throw error;
        wrong++;
        if (global.output === "text") io.err(`${renderError(error, { color: io.color })}\n`);
        return { ...entry, error: { code: error.code, message: error.message }, next: [] };
      }
    });
    if (global.output === "json") {
      const { scheduleJson } = await import("#server/index.ts");
      writeJson(input, {
        server: client !== undefined,
        labs: entries.map(({ lab: name, status, ...entry }) => {
          const schedule = schedules.get(name);
          return {
            name,
            status,
            schedule: schedule ? scheduleJson(schedule, count) : null,
            paused:
              states.get(name)?.paused ?? (schedule?.paused ? { at: null, by: null, why: "paused in lab.yml" } : null),
            ...("error" in entry && { error: entry.error }),
          };
        }),
      });
      return wrong > 0 ? 2 : 0;
    }
    const paint = palette(io.color);
    const rows = entries.flatMap(({ lab, schedule, timezone, paused, next }) => {
      const shown = paused === null ? next.map((iso) => localTime(iso, timezone)) : [];
      const first = paused ?? shown[0] ?? (schedule === "" ? "" : "when that happens");
      return [
        [paint.bold(lab), schedule || paint.dim("none"), paused === null ? first : paint.yellow(first)],
        ...shown.slice(1).map((time) => ["", "", time]),
      ];
    });
    if (rows.length > 0) {
      const columns = [{ title: "LAB", shrinkTo: 14 }, { title: "SCHEDULE", shrinkTo: 16 }, { title: "NEXT" }];
      io.out(renderTable(columns, rows, { color: io.color, ...(io.isTTY && { width: io.width }) }));
    }
    if (!global.quiet) {
      io.out(
        client
          ? paint.dim("A server runs: it starts them.\n")
          : `${paint.yellow("No server runs")}: nothing starts by itself. Start it: labs serve\n`,
      );
    }
    return wrong > 0 ? 2 : 0;
  },
};

/** `Tue 2026-11-24 06:30`, in the schedule's own zone. */
function localTime(iso: string, timezone: string | null): string {
  const parts = new Intl.DateTimeFormat("en-GB", {
    weekday: "short",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
    ...(timezone !== null && { timeZone: timezone }),
  }).formatToParts(new Date(iso));
  const of = (type: string) => parts.find((part) => part.type === type)?.value ?? "";
  return `${of("weekday")} ${of("year")}-${of("month")}-${of("day")} ${of("hour")}:${of("minute")}`;
}
