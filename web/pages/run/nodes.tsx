import { count, seconds } from "../../lib/format.ts";
import { links } from "../../lib/router.ts";
import { Empty, Status } from "../../parts/basic.tsx";
import { type Column, Table } from "../../parts/table.tsx";
import { isTest, type Node } from "./node.ts";

const order = ["error", "fail", "partial success", "warn", "skipped"];
const rankOf = ({ status }: Node) => (order.includes(status) ? order.indexOf(status) : order.length);

/** Everything that a run built or checked. */
export function Nodes({ lab, nodes }: { lab: string; nodes: Node[] }) {
  const columns: Column<Node>[] = [
    {
      id: "name",
      label: "Name",
      class: "wide",
      by: (node) => node.name,
      cell: (node) => (isTest(node) ? node.name : <a href={links.node(lab, node.uniqueId)}>{node.name}</a>),
    },
    { id: "type", label: "Type", by: (node) => node.resourceType, cell: (node) => node.resourceType },
    { id: "status", label: "Status", by: rankOf, cell: (node) => <Status is={node.status} /> },
    { id: "took", label: "Took", right: true, by: (node) => -node.seconds, cell: (node) => seconds(node.seconds) },
    {
      id: "failures",
      label: "Failing rows",
      right: true,
      by: (node) => -(node.failures ?? 0),
      cell: (node) =>
        !node.failures ? (
          ""
        ) : node.relation ? (
          <a href={links.tableTab(lab, node.relation, { tab: "tests", test: node.uniqueId })}>{count(node.failures)}</a>
        ) : (
          count(node.failures)
        ),
    },
    {
      id: "table",
      label: "Table",
      by: (node) => node.relation,
      cell: (node) => node.relation && <a href={links.table(lab, node.relation)}>{node.relation}</a>,
    },
    {
      id: "message",
      label: "Message",
      class: "message",
      by: (node) => `${node.status} ${node.message ?? ""}`,
      cell: (node) => (/^(OK|REUSED|SKIP)$/.test(node.message ?? "") ? "" : node.message?.split("\n")[0]),
    },
  ];
  return (
    <Table
      label="Models and tests"
      columns={columns}
      rows={nodes}
      keyOf={(node) => node.uniqueId}
      search="Name, status or message"
      most={300}
      empty={<Empty title="Nothing was built" />}
    />
  );
}

/** What did not run, and behind what. */
export function Skipped({ lab, nodes, all }: { lab: string; nodes: Node[]; all: Node[] }) {
  const columns: Column<Node>[] = [
    {
      id: "name",
      label: "Name",
      class: "wide",
      by: (node) => node.name,
      cell: (node) => <a href={links.node(lab, node.uniqueId)}>{node.name}</a>,
    },
    { id: "type", label: "Type", by: (node) => node.resourceType, cell: (node) => node.resourceType },
    {
      id: "why",
      label: "Why",
      class: "wide",
      by: (node) => node.behind.join(),
      cell: (node) =>
        node.behind.length === 0
          ? (node.message ?? "")
          : node.behind.map((id, i) => {
              const name = all.find(({ uniqueId }) => uniqueId === id)?.name ?? id;
              return (
                <span key={id}>
                  {i === 0 ? "behind " : ", "}
                  <a href={links.node(lab, id)}>{name}</a>, which failed
                </span>
              );
            }),
    },
  ];
  return (
    <Table
      label="Skipped"
      name="skipped"
      columns={columns}
      rows={nodes}
      keyOf={(node) => node.uniqueId}
      search="Name or what it lies behind"
      empty={<Empty title="Nothing was skipped" />}
    />
  );
}
