import type { TableDetail } from "../../../src/server/types.ts";
import { count, exactTime, plural } from "../../lib/format.ts";
import { links, queryValue } from "../../lib/router.ts";
import { Empty, Name, Status, Time, toneOf } from "../../parts/basic.tsx";
import { EvidenceRows } from "../../parts/evidence.tsx";
import { type Column, Table } from "../../parts/table.tsx";

type Test = TableDetail["tests"][number];
const order = ["error", "fail", "warn", "skipped", "pass"];

/** A table's tests and expectations: how they ended, how they ended before, and the rows that they do not accept. */
export function Tests({ lab, detail }: { lab: string; detail: TableDetail }) {
  const picked = detail.tests.find(({ id }) => id === queryValue("test"));
  const columns: Column<Test>[] = [
    {
      id: "name",
      label: "Test",
      class: "wide",
      by: (test) => test.name,
      cell: (test) => (
        <a
          href={links.tableTab(lab, detail.name, { tab: "tests", test: test.id })}
          aria-current={test === picked ? "true" : undefined}
        >
          <Name>{test.name}</Name>
        </a>
      ),
    },
    {
      id: "status",
      label: "Status",
      by: (test) => order.indexOf(test.status),
      cell: (test) => <Status is={test.status} />,
    },
    { id: "history", label: "Last runs, newest right", cell: (test) => <History test={test} /> },
    {
      id: "failures",
      label: "Failing rows",
      right: true,
      by: (test) => -(test.failures ?? 0),
      cell: (test) => (test.failures ? count(test.failures) : ""),
    },
    {
      id: "message",
      label: "Message",
      class: "message",
      by: (test) => test.message,
      cell: (test) => (/^(OK|REUSED|SKIP)$/.test(test.message ?? "") ? "" : test.message),
    },
    {
      id: "run",
      label: "Run",
      by: (test) => test.run,
      cell: (test) => (
        <a class="mono" href={links.run(test.run)}>
          {test.run.slice(-7)}
        </a>
      ),
    },
  ];
  return (
    <>
      <Table
        label="Tests"
        name="tests"
        columns={columns}
        rows={detail.tests}
        keyOf={(test) => test.id}
        sort="status"
        search="Search tests"
        empty={
          <Empty title="It has no tests">Add data_tests to its properties file, or expectations to lab.yml.</Empty>
        }
      />
      {picked && (
        <>
          <EvidenceRows
            key={picked.id}
            at={`/labs/${encodeURIComponent(lab)}/tests/${encodeURIComponent(picked.id)}/rows`}
            lab={lab}
            title={`Rows that ${picked.name} does not accept`}
            open={detail.published && !picked.id.startsWith("expectation.")}
          />
          <h2>Its last runs</h2>
          <Table
            label={`Last runs of ${picked.name}`}
            name="history"
            columns={historyColumns(picked.name)}
            rows={picked.history.toReversed()}
            keyOf={({ run }) => run}
            most={20}
            empty={null}
          />
        </>
      )}
    </>
  );
}

const historyColumns = (test: string): Column<Test["history"][number]>[] => [
  {
    id: "run",
    label: "Run",
    cell: ({ run }) => (
      <a class="mono" href={links.runNode(run, test)}>
        {run.slice(-7)}
      </a>
    ),
  },
  { id: "at", label: "Started", by: ({ at }) => -Date.parse(at), cell: ({ at }) => <Time at={at} /> },
  {
    id: "status",
    label: "Status",
    by: ({ status }) => order.indexOf(status),
    cell: ({ status }) => <Status is={status} />,
  },
  {
    id: "failures",
    label: "Failing rows",
    right: true,
    by: ({ failures }) => -(failures ?? 0),
    cell: ({ failures }) => (failures ? count(failures) : ""),
  },
];

/**
 * One mark a run, oldest first, each as tall as it is bad; it leads there. By keyboard the runs are reached through the test's
 * own list, where they are large enough.
 */
function History({ test: { name, history } }: { test: Test }) {
  const bad = history.filter(({ status }) => toneOf(status) === "bad").length;
  return (
    <span class="history" role="group" aria-label={`${plural(history.length, "run")}, ${bad} of them bad`}>
      {history.map(({ run, at, status, failures }) => (
        <a
          key={run}
          href={links.runNode(run, name)}
          tabIndex={-1}
          class={toneOf(status)}
          title={`${status}${failures ? `, ${count(failures)} failing` : ""}\nrun ${run.slice(-7)}, ${exactTime(at)}`}
        >
          <span class="hidden">
            {status} in run {run.slice(-7)}
          </span>
        </a>
      ))}
    </span>
  );
}
