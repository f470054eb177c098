import { type Database, interruptOnAbort } from "#duck/index.ts";
import { checkTables, type TableOutcome } from "#expect/index.ts";
import type { TestOutcome } from "#quality/index.ts";
import type { Lab, TableExpectation } from "#registry/index.ts";
import type { LabEvent, NodeOutcome } from "./types.ts";

const defaultFailingRows = 100;

/** Nodes that say how good the data is, rather than make it. */
export const isTest = (type: string): boolean => type === "test" || type === "unit_test" || type === "expectation";

export interface CheckedExpectations {
  nodes: NodeOutcome[];
  tests: TestOutcome[];
  success: boolean;
}

/**
 * Checks what lab.yml expects of the tables that were built, and tells it as tests are told. `built` are the nodes of the
 * transform: what failed or was skipped leaves an older table, which is not looked at. `partial`: only tables of these nodes.
 */
export async function checkExpectations(
  lab: Lab,
  database: Database,
  options: { built: readonly NodeOutcome[]; partial: boolean; signal?: AbortSignal | undefined },
  emit: (event: LabEvent) => void,
): Promise<CheckedExpectations> {
  const { built, partial, signal } = options;
  const lower = (node: NodeOutcome) => node.relation?.toLowerCase() ?? "";
  const broken = built.filter((node) => !isTest(node.resourceType) && bad.has(node.status));
  const wanted = expectationsOf(lab, partial ? built : undefined);
  const result: CheckedExpectations = { nodes: [], tests: [], success: true };
  if (wanted.length === 0) return result;
  const connection = await database.connect();
  const done = interruptOnAbort(connection, signal);
  try {
    let since = performance.now();
    const { problem } = await checkTables({
      connection,
      expectations: wanted,
      now: Date.now(),
      keep: lab.config.quality.failing_rows ?? defaultFailingRows,
      skip: new Set(broken.map(lower)),
      whole: !partial,
      onTable: (outcomes) => {
        const seconds = (performance.now() - since) / 1000 / outcomes.length;
        since = performance.now();
        const nodes = outcomes.map((outcome) => nodeOutcome(lab, outcome, seconds));
        emit({ type: "selected", lab: lab.name, nodes: nodes.map(selectedOf) });
        for (const node of nodes) emit({ type: "node-finish", lab: lab.name, node });
        result.nodes.push(...nodes);
        result.tests.push(...outcomes.map((outcome, i) => testOutcome(outcome, nodes[i]?.uniqueId ?? outcome.id)));
        if (outcomes.some(({ status }) => status === "fail" || status === "error")) result.success = false;
      },
    });
    if (problem) {
      const text = `Rows that are not as expected could not be kept: ${problem.message.split("\n")[0]}`;
      emit({ type: "message", lab: lab.name, level: "warn", text });
    }
    return result;
  } finally {
    done();
    await connection.close();
  }
}

/** What lab.yml expects; of `nodes`, when they are given: of the tables that they make or test. */
export function expectationsOf(lab: Lab, nodes?: readonly Pick<NodeOutcome, "relation">[]): TableExpectation[] {
  const touched = nodes && new Set(nodes.map(({ relation }) => relation?.toLowerCase() ?? ""));
  return lab.config.expectations.filter(({ table }) => touched?.has(table.toLowerCase()) ?? true);
}

const bad: ReadonlySet<string> = new Set(["error", "skipped", "partial success"]);

const selectedOf = ({ uniqueId, name, resourceType, attachedTo, relation }: NodeOutcome) => ({
  uniqueId,
  name,
  resourceType,
  attachedTo,
  relation,
});

function nodeOutcome(lab: Lab, outcome: TableOutcome, seconds: number): NodeOutcome {
  const { id, table, name, status, failures, message, error, expectation, query, kept } = outcome;
  return {
    uniqueId: `expectation.${lab.name}.${id}`,
    name: `${table}: ${name}`,
    resourceType: "expectation",
    materialized: null,
    status,
    unchanged: false,
    reason: null,
    seconds: status === "skipped" ? 0 : seconds,
    failures,
    message,
    ...(error && { error }),
    relation: table,
    attachedTo: `table.${lab.name}.${table}`,
    file: lab.config.file,
    compiledFile: null,
    expectation: {
      id,
      check: expectation.check,
      severity: expectation.severity,
      blocking: expectation.blocking,
      query,
      kept,
    },
  };
}

function testOutcome(outcome: TableOutcome, uniqueId: string): TestOutcome {
  const { table, name, status, failures, rows, query, expectation } = outcome;
  const { check, columns, where } = expectation;
  return {
    uniqueId,
    name,
    table,
    // Of a part of the rows nothing follows for the table.
    kind: where === undefined ? check : null,
    columns: [...columns],
    severity: expectation.severity,
    status,
    failures,
    rows,
    query,
  };
}
