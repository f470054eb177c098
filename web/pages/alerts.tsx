import { useState } from "preact/hooks";
import type { Alerts, IncidentJson } from "../../src/server/types.ts";
import { useApi } from "../lib/api.ts";
import { plural } from "../lib/format.ts";
import { throttled, useLive } from "../lib/live.ts";
import { links, queryValue, setQuery } from "../lib/router.ts";
import { Empty, Gate, Head, Status, Tabs, Time, Words } from "../parts/basic.tsx";
import { type Column, Table } from "../parts/table.tsx";

export default function AlertsPage() {
  const tab = queryValue("tab") || "open";
  const found = useApi<Alerts>(`/alerts?limit=100${tab === "open" ? "&state=open" : ""}`);
  const [ask] = useState(() => throttled(found.reload, 1000));
  useLive((event) => {
    if (event.type === "alerts" || event.type === "reset") ask();
  }, []);
  return (
    <>
      <Head title="Alerts" />
      <Tabs
        active={tab}
        onPick={(id) => setQuery({ tab: id === "open" ? "" : id }, { push: true })}
        tabs={[
          { id: "open", label: "Open" },
          { id: "all", label: "All incidents" },
          { id: "messages", label: "Messages" },
        ]}
      />
      <div role="tabpanel">
        <Gate from={found}>
          {(data) =>
            tab === "messages" ? (
              <Messages deliveries={data.deliveries} />
            ) : data.incidents.length === 0 ? (
              <Empty title={tab === "open" ? "Nothing is open" : "No incident yet"}>
                What breaks appears here once, with its root cause and everybody who was told.
              </Empty>
            ) : (
              <ul class="incidents">
                {data.incidents.map((incident) => (
                  <Incident key={incident.id} incident={incident} />
                ))}
              </ul>
            )
          }
        </Gate>
      </div>
    </>
  );
}

function Incident({ incident }: { incident: IncidentJson }) {
  const cause = incident.cause as {
    summary: string;
    code?: string;
    message?: string;
    hint?: string;
    file?: string;
    line?: number;
    skipped?: { models: number; tests: number };
  };
  return (
    <li>
      <header>
        <Status is={incident.state} />
        <h2>{incident.summary}</h2>
      </header>
      <p class="small faint">
        {incident.event}, since <Time at={incident.openedAt} />, seen {plural(incident.seen, "time")}
        {incident.overAt && (
          <>
            , over <Time at={incident.overAt} />
          </>
        )}
      </p>
      {cause.message && <p class="pre mono small">{cause.code ? `${cause.code}: ${cause.message}` : cause.message}</p>}
      {cause.file && (
        <p class="mono small">
          {cause.file}
          {cause.line ? `:${cause.line}` : ""}
        </p>
      )}
      {cause.skipped && cause.skipped.models + cause.skipped.tests > 0 && (
        <p class="small">
          Because of it {plural(cause.skipped.models, "model")} and {plural(cause.skipped.tests, "test")} did not run.
        </p>
      )}
      {cause.hint && (
        <p class="hint">
          <Words>{cause.hint}</Words>
        </p>
      )}
      <p>
        {incident.labs.map(({ lab, run }) => (
          <a key={lab} class="tag" href={run ? links.run(run) : links.lab(lab)}>
            {lab}
            {run && ": see the run"}
          </a>
        ))}
      </p>
      <p class="small faint">
        {incident.told.length === 0
          ? "Nobody was told."
          : `Told: ${incident.told.map(({ channel, times }) => (times > 1 ? `${channel} (${times} times)` : channel)).join(", ")}`}
      </p>
    </li>
  );
}

type Delivery = Alerts["deliveries"][number];
const messageColumns: Column<Delivery>[] = [
  {
    id: "subject",
    label: "Message",
    class: "name",
    by: (each) => each.subject,
    cell: (each) => each.subject ?? "not rendered yet",
  },
  { id: "channel", label: "Channel", by: (each) => each.channel, cell: (each) => each.channel },
  { id: "kind", label: "Kind", by: (each) => each.kind, cell: (each) => each.kind },
  { id: "state", label: "State", by: (each) => each.state, cell: (each) => <Status is={each.state} /> },
  {
    id: "made",
    label: "Made",
    by: (each) => -Date.parse(each.createdAt),
    cell: (each) => <Time at={each.createdAt} />,
  },
  {
    id: "sent",
    label: "Sent",
    by: (each) => each.sentAt && -Date.parse(each.sentAt),
    cell: (each) => <Time at={each.sentAt} />,
  },
  { id: "attempts", label: "Attempts", right: true, by: (each) => each.attempts, cell: (each) => each.attempts },
  { id: "problem", label: "Problem", class: "message", by: (each) => each.problem, cell: (each) => each.problem },
];

function Messages({ deliveries }: { deliveries: Delivery[] }) {
  return (
    <Table
      label="Messages"
      columns={messageColumns}
      rows={deliveries}
      keyOf={(each) => each.id}
      search="Search messages"
      empty={<Empty title="No messages yet">Channels and rules stand in shared/config/alerts.yml.</Empty>}
    />
  );
}
