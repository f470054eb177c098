import type { TableDetail } from "../../../src/server/types.ts";
import { count, exactTime, plural } from "../../lib/format.ts";
import { links, queryValue } from "../../lib/router.ts";
import { Empty, Status, toneOf } from "../../parts/basic.tsx";
import { EvidenceRows } from "../../parts/evidence.tsx";
import { type Column, Table } from "../../parts/table.tsx";

type Test = TableDetail["tests"][number];
const order = ["error", "fail", "warn", "skipped", "pass"];

/** A table's tests and expectations: how they ended, how they ended before, and the rows that they do not accept. */
export function Tests({ lab, detail }: { lab: string; detail: TableDetail }) {
  const picked = detail.tests.find(({ id }) => id === queryValue("test"));
  const columns: Column<Test>[] = [
    { id: "name", label: "Test", class: "wide", by: (test) => test.name, cell: (test) => test.name },
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
      cell: (test) =>
        test.failures ? (
          <a
            href={links.tableTab(lab, detail.name, { tab: "tests", test: test.id })}
            aria-current={test === picked ? "true" : undefined}
          >
            {count(test.failures)}
          </a>
        ) : (
          ""
        ),
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
        <EvidenceRows
          key={picked.id}
          at={`/labs/${encodeURIComponent(lab)}/tests/${encodeURIComponent(picked.id)}/rows`}
          lab={lab}
          title={`Rows that ${picked.name} does not accept`}
          open={detail.published && !picked.id.startsWith("expectation.")}
        />
      )}
    </>
  );
}

/** One mark a run, oldest first, each as tall as it is bad. */
function History({ test: { history } }: { test: Test }) {
  const bad = history.filter(({ status }) => toneOf(status) === "bad").length;
  return (
    <span class="history" role="img" aria-label={`${plural(history.length, "run")}, ${bad} of them bad`}>
      {history.map(({ run, at, status, failures }) => (
        <i
          key={run}
          class={toneOf(status)}
          title={`${status}${failures ? `, ${count(failures)} failing` : ""}\nrun ${run.slice(-7)}, ${exactTime(at)}`}
        />
      ))}
    </span>
  );
}
