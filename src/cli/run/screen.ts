import { driftText } from "#ingest/index.ts";
import type { ErrorJson } from "#errors/index.ts";
import type { LabEvent, LabRunResult, NodeOutcome } from "#pipeline/index.ts";
import type { Io } from "../io.ts";
import {
  displayWidth,
  formatCount,
  formatDuration,
  formatScore,
  palette,
  plural,
  renderTable,
  scoreColor,
  truncate,
} from "../render/index.ts";
import { errorLines, near } from "./error-lines.ts";

type Paint = ReturnType<typeof palette>;

/** What is known of one lab while it runs. */
interface LabState {
  /** Tests by the node they belong to, and how many of them are still to come. */
  pending: Map<string, number>;
  tests: Map<string, NodeOutcome[]>;
  /** Finished models that wait for their tests. */
  models: Map<string, NodeOutcome>;
  running: Set<string>;
  done: number;
  total: number;
  /** Columns for the names of what is built. */
  nameWidth: number;
  /** Of what is built, by unique id. */
  names: Map<string, string>;
}

const isTest = (type: string): boolean => type === "test" || type === "unit_test" || type === "expectation";

/**
 * Draws a run: one line a model with its time and tests, steps as they begin and end, and on a terminal a last line that moves.
 * Progress goes to stderr; the summary is a result and goes to stdout.
 */
export class RunScreen {
  readonly #io: Io;
  readonly #paint: Paint;
  readonly #many: boolean;
  readonly #live: boolean;
  readonly #explain: boolean;
  readonly #labs = new Map<string, LabState>();
  readonly #width: number;
  #drawn = false;
  #drawnAt = 0;

  constructor(io: Io, options: { many: boolean; live: boolean; labWidth: number; explain?: boolean }) {
    this.#io = io;
    this.#paint = palette(io.color);
    this.#many = options.many;
    this.#live = options.live;
    this.#explain = options.explain ?? false;
    this.#width = io.isTTY && io.width < 100 ? Math.min(options.labWidth, narrowLab) : options.labWidth;
  }

  on(event: LabEvent): void {
    const state = this.#state(event.lab);
    switch (event.type) {
      case "waiting":
        this.#line(event.lab, this.#paint.yellow(`waiting: the lab is ${event.holder}`));
        break;
      case "run-start":
        if (!this.#many) this.#line(event.lab, this.#paint.bold(event.lab));
        break;
      case "reads":
        for (const { lab, version } of event.reads)
          this.#line(event.lab, this.#paint.dim(`  reads ${lab} as of ${version}`));
        break;
      case "step-output":
        this.#line(event.lab, this.#paint.dim(`  ${event.step} | ${event.text}`));
        break;
      case "step-finish": {
        const { status, seconds, error, optional } = event.outcome;
        const marks = {
          ok: this.#paint.green("✓"),
          failed: optional ? this.#paint.yellow("!") : this.#paint.red("✗"),
          cancelled: this.#paint.yellow("■"),
          skipped: this.#paint.dim("−"),
        };
        const mark = marks[status];
        if (event.step === "transform") this.#flushModels(event.lab, state);
        const done = error ? (optional ? "failed, and is not required" : "failed") : status;
        const said = status === "skipped" && event.detail ? `kept: ${event.detail}` : event.detail;
        const parts = [said || done, this.#paint.dim(formatDuration(seconds))];
        this.#line(event.lab, `${mark} ${event.step.padEnd(10)}${parts.join("  ")}`);
        if (error) this.#error(event.lab, error, 4);
        break;
      }
      case "checked":
        for (const file of event.unclaimed)
          this.#line(event.lab, `  ${this.#paint.yellow("!")} ${file}: no source of lab.yml claims this file`);
        break;
      case "ingest":
        this.#ingest(event.lab, event.event);
        break;
      case "selected": {
        // Expectations come behind the project's nodes, a table at a time.
        const more = event.nodes.length > 0 && event.nodes.every((n) => n.resourceType === "expectation");
        state.total = (more ? state.total : 0) + event.nodes.length;
        if (!more) {
          state.nameWidth = nameWidth(event.nodes, this.#many);
          state.names = new Map(event.nodes.filter((n) => !isTest(n.resourceType)).map((n) => [n.uniqueId, n.name]));
        }
        for (const node of event.nodes)
          if (isTest(node.resourceType) && node.attachedTo)
            state.pending.set(node.attachedTo, (state.pending.get(node.attachedTo) ?? 0) + 1);
        break;
      }
      case "node-start":
        state.running.add(event.uniqueId);
        break;
      case "node-finish":
        state.running.delete(event.node.uniqueId);
        state.done++;
        this.#node(event.lab, state, event.node);
        break;
      case "message":
        if (event.level !== "info")
          this.#line(
            event.lab,
            `  ${event.level === "error" ? this.#paint.red("✗") : this.#paint.yellow("!")} ${event.text.split("\n").join(`\n${" ".repeat(6)}`)}`,
          );
        else this.#line(event.lab, `  ${event.text}`);
        break;
      case "run-finish":
        if (this.#many) this.#line(event.lab, finishLine(event.result, this.#paint));
        this.#labs.delete(event.lab);
        break;
      default:
        break;
    }
    this.#status();
  }

  #error(lab: string, error: ErrorJson, indent: number): void {
    for (const line of errorLines(error, this.#io)) this.#line(lab, `${" ".repeat(indent)}${line}`.trimEnd());
  }

  /** Removes the moving line. */
  end(): void {
    this.#erase();
  }

  #state(lab: string): LabState {
    let state = this.#labs.get(lab);
    if (!state)
      this.#labs.set(
        lab,
        (state = {
          pending: new Map(),
          tests: new Map(),
          models: new Map(),
          running: new Set(),
          done: 0,
          total: 0,
          nameWidth: 44,
          names: new Map(),
        }),
      );
    return state;
  }

  #ingest(lab: string, event: Extract<LabEvent, { type: "ingest" }>["event"]): void {
    if (event.type === "file-finish") {
      const { file, table, outcome, rowsLoaded, rowsQuarantined, seconds, error, reason } = event.result;
      if (outcome === "recorded") return;
      if (error) {
        // A file that is still written, or a poll that is not required: the run goes on without it.
        const paint = outcome === "waiting" ? this.#paint.yellow : this.#paint.red;
        this.#line(lab, `  ${paint(outcome === "waiting" ? "!" : "✗")} ${file} → ${table}  ${paint("not loaded")}`);
        this.#error(lab, error, 6);
        return;
      }
      const mark =
        outcome === "loaded"
          ? this.#paint.green("✓")
          : outcome === "failed"
            ? this.#paint.red("✗")
            : this.#paint.yellow("…");
      const quarantined =
        rowsQuarantined > 0 ? this.#paint.yellow(`, ${formatCount(rowsQuarantined)} quarantined`) : "";
      this.#line(
        lab,
        `  ${mark} ${file} → ${table}  ${reason}  ${plural(rowsLoaded, "row")}${quarantined} ${this.#paint.dim(formatDuration(seconds))}`,
      );
    } else if (event.type === "drift") {
      this.#line(lab, `  ${this.#paint.yellow("!")} ${driftText(event)}`);
    } else if (event.type === "note") {
      this.#line(lab, `  ${this.#paint.dim("i")} ${event.file}: ${event.text}`);
    } else if (event.type === "expectation") {
      this.#line(lab, `  ${this.#paint.yellow("!")} ${event.file}: ${event.outcome.text}`);
    }
  }

  #node(lab: string, state: LabState, node: NodeOutcome): void {
    const owner = node.attachedTo;
    if (isTest(node.resourceType)) {
      if (owner === null) return this.#line(lab, testLine(node, this.#paint));
      state.tests.set(owner, [...(state.tests.get(owner) ?? []), node]);
      state.pending.set(owner, (state.pending.get(owner) ?? 1) - 1);
      const model = state.models.get(owner);
      if ((state.pending.get(owner) ?? 0) <= 0) {
        if (model) this.#model(lab, state, model);
        // Tests of a source, of a model that this run does not build, or of a table.
        else if (!state.names.has(owner)) this.#testsOnly(lab, state, owner);
      }
      return;
    }
    if ((state.pending.get(node.uniqueId) ?? 0) > 0 && node.status !== "error" && node.status !== "skipped")
      state.models.set(node.uniqueId, node);
    else this.#model(lab, state, node);
  }

  #flushModels(lab: string, state: LabState): void {
    for (const model of state.models.values()) this.#model(lab, state, model);
    for (const owner of state.tests.keys()) this.#testsOnly(lab, state, owner);
  }

  #testsOnly(lab: string, state: LabState, owner: string): void {
    const tests = state.tests.get(owner) ?? [];
    state.tests.delete(owner);
    // Those of a model that was skipped go without saying.
    if (tests.every((test) => test.status === "skipped")) return;
    const name = owner.split(".").slice(2).join(".");
    this.#line(
      lab,
      `  ${mark(tests, this.#paint)} ${name.padEnd(state.nameWidth)}  ${testsSummary(tests, this.#paint)}`,
    );
    // Under the name of their table, expectations need not repeat it.
    this.#badTests(
      lab,
      tests.map((test) => (test.expectation ? { ...test, name: test.name.replace(`${name}: `, "") } : test)),
    );
  }

  #model(lab: string, state: LabState, model: NodeOutcome): void {
    state.models.delete(model.uniqueId);
    const tests = state.tests.get(model.uniqueId) ?? [];
    state.tests.delete(model.uniqueId);
    const what = model.resourceType === "model" ? (model.materialized ?? "model") : model.resourceType;
    // With a lab's name in front there is no room for it.
    const kind = this.#many ? "" : ` ${what.padEnd(11)}`;
    const name = (model.relation ?? model.name).padEnd(state.nameWidth);
    if (model.status === "skipped") {
      this.#line(lab, `  ${this.#paint.yellow("−")} ${name}${kind} ${this.#paint.yellow("skipped")}`);
      return;
    }
    const failed = model.status === "error" || model.status === "partial success";
    const symbol = failed ? this.#paint.red("✗") : mark(tests, this.#paint);
    const time = model.unchanged ? this.#paint.dim("   kept") : formatDuration(model.seconds).padStart(7);
    this.#line(lab, `  ${symbol} ${name}${kind} ${time}  ${testsSummary(tests, this.#paint)}`.trimEnd());
    if (this.#explain && model.reason !== null)
      this.#line(lab, this.#paint.dim(`      ${model.unchanged ? "kept" : "built"}: ${model.reason}`));
    if (failed && model.error) this.#error(lab, model.error, 6);
    else if (failed && model.message) for (const line of model.message.split("\n")) this.#line(lab, `      ${line}`);
    this.#badTests(lab, tests);
  }

  #badTests(lab: string, tests: NodeOutcome[]): void {
    for (const test of tests) {
      // Of skipped tests the number says enough.
      if (test.status === "pass" || test.status === "skipped") continue;
      if (test.error) {
        this.#line(lab, `    ${this.#paint.red("✗")} ${test.name}`);
        this.#error(lab, test.error, 8);
        continue;
      }
      this.#line(lab, testLine(test, this.#paint));
      if (test.compiledFile)
        this.#line(lab, `        ${this.#paint.dim(`its query: ${near(test.compiledFile, this.#io.cwd)}`)}`);
      if (test.expectation && test.expectation.kept > 0)
        this.#line(
          lab,
          `        ${this.#paint.dim(`its rows: from _quality.failing_rows where expectation = '${test.expectation.id}'`)}`,
        );
    }
  }

  #line(lab: string, text: string): void {
    this.#erase();
    const prefix = this.#many ? this.#paint.dim(`${truncate(lab, this.#width).padEnd(this.#width)} │ `) : "";
    this.#io.err(
      text
        .split("\n")
        .map((line) => `${prefix}${line}\n`)
        .join(""),
    );
  }

  #status(): void {
    if (!this.#live) return;
    const now = performance.now();
    // Faster than this nobody reads; after a line it is drawn anew.
    if (this.#drawn && now - this.#drawnAt < 50) return;
    this.#erase();
    this.#drawnAt = now;
    const parts = [...this.#labs].flatMap(([lab, state]) => {
      if (state.total === 0) return [];
      const building = [...state.running].flatMap((id) => state.names.get(id) ?? []).slice(0, 2);
      const doing = building.length > 0 ? building.join(", ") : state.running.size > 0 ? "testing" : "";
      return [`${this.#many ? `${truncate(lab, narrowLab)} ` : ""}${state.done}/${state.total} ${doing}`.trimEnd()];
    });
    if (parts.length === 0) return;
    this.#io.err(`  ${this.#paint.cyan("▸")} ${truncate(parts.join("   "), Math.max(20, this.#io.width - 6))}`);
    this.#drawn = true;
  }

  #erase(): void {
    if (this.#drawn) this.#io.err("\r\u001b[2K");
    this.#drawn = false;
  }
}

function mark(tests: NodeOutcome[], paint: Paint): string {
  if (tests.some((t) => t.status !== "pass" && t.status !== "warn" && t.status !== "skipped")) return paint.red("✗");
  return tests.some((t) => t.status === "warn") ? paint.yellow("!") : paint.green("✓");
}

function testsSummary(tests: NodeOutcome[], paint: Paint): string {
  if (tests.length === 0) return "";
  const passed = tests.filter((t) => t.status === "pass").length;
  const warned = tests.filter((t) => t.status === "warn").length;
  const failed = tests.filter((t) => t.status === "fail" || t.status === "error").length;
  if (passed + failed + warned === 0) return paint.yellow("tests skipped");
  if (failed === 0 && warned === 0) {
    const what = tests.every((t) => t.resourceType === "expectation") ? "expectation" : "test";
    return paint.dim(`${passed} ${passed === 1 ? what : `${what}s`} ok`);
  }
  return [
    passed > 0 ? paint.dim(`${passed} ok`) : "",
    warned > 0 ? paint.yellow(`${warned} warned`) : "",
    failed > 0 ? paint.red(`${failed} failed`) : "",
  ]
    .filter(Boolean)
    .join(", ");
}

function testLine(test: NodeOutcome, paint: Paint): string {
  const color =
    test.status === "warn"
      ? paint.yellow
      : test.status === "pass"
        ? paint.green
        : test.status === "skipped"
          ? paint.dim
          : paint.red;
  const symbol = test.status === "pass" ? "✓" : test.status === "warn" ? "!" : test.status === "skipped" ? "−" : "✗";
  const [first = "", ...more] = (test.message ?? "").split("\n");
  return [`    ${color(symbol)} ${test.name}${first ? `: ${first}` : ""}`, ...more.map((l) => `        ${l}`)]
    .join("\n")
    .trimEnd();
}

/** Columns of a lab's name in front of its lines in a terminal of 80. */
const narrowLab = 20;

/** Room for the longest name, as far as a terminal of 80 columns has it. */
function nameWidth(nodes: { name: string; resourceType: string; relation: string | null }[], many: boolean): number {
  const built = nodes
    .filter((node) => !isTest(node.resourceType))
    .map((node) => displayWidth(node.relation ?? node.name));
  return Math.min(many ? 30 : 44, Math.max(20, ...built));
}

function finishLine(result: LabRunResult, paint: Paint): string {
  const color = result.status === "ok" ? paint.green : result.status === "failed" ? paint.red : paint.yellow;
  return `${color(result.status)} ${result.message} ${paint.dim(formatDuration(result.seconds))}`;
}

/** The table over labs at the end of a run. */
export function summaryTable(results: LabRunResult[], io: Io): string {
  const paint = palette(io.color);
  const rows = results.map((r) => {
    const color = r.status === "ok" ? paint.green : r.status === "failed" ? paint.red : paint.yellow;
    // What is bad stands first: a narrow terminal cuts the rest.
    const tests = [
      ...(r.tests.failed > 0 ? [paint.red(`${r.tests.failed} failed`)] : []),
      ...(r.tests.warned > 0 ? [paint.yellow(`${r.tests.warned} warned`)] : []),
      `${r.tests.passed} ok`,
    ];
    const models = [
      ...(r.models.failed > 0 ? [paint.red(`${r.models.failed} failed`)] : []),
      ...(r.models.skipped > 0 ? [`${r.models.skipped} skipped`] : []),
      `${r.models.ok} ok`,
    ];
    const score = r.quality?.score ?? null;
    return [
      paint.bold(r.lab),
      color(r.status),
      `${formatCount(r.rowsLoaded)}${r.rowsQuarantined > 0 ? paint.yellow(` (+${formatCount(r.rowsQuarantined)} quarantined)`) : ""}`,
      models.join(", "),
      r.tests.passed + r.tests.warned + r.tests.failed === 0 ? paint.dim("none") : tests.join(", "),
      score === null ? "" : paint[scoreColor(score)](formatScore(score)),
      formatDuration(r.seconds),
    ];
  });
  const columns = [
    { title: "LAB", shrinkTo: 14 },
    { title: "STATUS" },
    { title: "NEW ROWS", align: "right" as const, spare: 1 },
    { title: "MODELS", shrinkTo: 10 },
    { title: "TESTS", shrinkTo: 10 },
    { title: "SCORE", align: "right" as const },
    { title: "TIME", align: "right" as const },
  ];
  return renderTable(columns, rows, { color: io.color, ...(io.isTTY && { width: io.width }) });
}
