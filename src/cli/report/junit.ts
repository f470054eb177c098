import { escapeMarkup } from "./escape.ts";
import { isExpectation, isTest, type RunReport, verdictOf } from "./model.ts";

/** JUnit XML: a suite of the steps, one of the models, one of the tests, one of the expectations. CI systems draw it. */
export function junitReport({ run }: RunReport): string {
  // Of a step that was tried again the last attempt counts.
  const last = run.steps.filter(({ name }, i) => !run.steps.slice(i + 1).some((later) => later.name === name));
  const steps = last.map((s) => ({
    name: s.name,
    seconds: s.seconds ?? 0,
    state: s.status === "ok" ? ("pass" as const) : s.status === "skipped" ? ("skip" as const) : ("fail" as const),
    message: s.error ? `${s.error.code}: ${s.error.message}` : s.status,
  }));
  const nodes = (wanted: (node: RunReport["run"]["models"][number]) => boolean) =>
    run.models.filter(wanted).map((node) => ({
      name: node.relation && !isTest(node) ? node.relation : node.name,
      seconds: node.seconds,
      state:
        node.status === "skipped"
          ? ("skip" as const)
          : verdictOf(node) === "bad"
            ? ("fail" as const)
            : ("pass" as const),
      message: node.message ?? node.status,
    }));
  const suites = [
    suite(`${run.lab}.steps`, run.startedAt, steps),
    suite(
      `${run.lab}.models`,
      run.startedAt,
      nodes((node) => !isTest(node)),
    ),
    suite(
      `${run.lab}.tests`,
      run.startedAt,
      nodes((node) => isTest(node) && !isExpectation(node)),
    ),
    // Only of labs that state any.
    ...(run.models.some(isExpectation) ? [suite(`${run.lab}.expectations`, run.startedAt, nodes(isExpectation))] : []),
  ];
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name=${attribute(run.lab)} time="${(run.seconds ?? 0).toFixed(3)}">\n${suites.join("")}</testsuites>\n`;
}

interface Case {
  name: string;
  seconds: number;
  state: "pass" | "fail" | "skip";
  message: string;
}

function suite(name: string, startedAt: string, cases: Case[]): string {
  const count = (state: Case["state"]) => cases.filter((c) => c.state === state).length;
  const total = cases.reduce((sum, { seconds }) => sum + seconds, 0);
  const body = cases.map((c) => {
    const open = `    <testcase classname=${attribute(name)} name=${attribute(c.name)} time="${c.seconds.toFixed(3)}"`;
    if (c.state === "pass") return `${open}/>\n`;
    if (c.state === "skip") return `${open}><skipped/></testcase>\n`;
    return `${open}><failure message=${attribute(c.message.split("\n")[0] ?? "")}>${escape(c.message)}</failure></testcase>\n`;
  });
  return `  <testsuite name=${attribute(name)} tests="${cases.length}" failures="${count("fail")}" skipped="${count("skip")}" time="${total.toFixed(3)}" timestamp=${attribute(startedAt)}>\n${body.join("")}  </testsuite>\n`;
}

/** Characters that XML has no place for are left out. */
const escape = (text: string): string =>
  // oxlint-disable-next-line no-control-regex
  escapeMarkup(text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, ""));

const attribute = (text: string): string => `"${escape(text).replaceAll("\n", "&#10;")}"`;
