import { useState } from "preact/hooks";
import type { Alerts, IncidentJson } from "../../src/server/types.ts";
import { useApi } from "../lib/api.ts";
import { plural } from "../lib/format.ts";
import { throttled, useLive } from "../lib/live.ts";
import { links, queryValue, setQuery } from "../lib/router.ts";
import { Empty, Gate, Head, Status, Tabs, Time } from "../parts/basic.tsx";

export default function AlertsPage() {
  const tab = queryValue("tab") || "open";
  const found = useApi<Alerts>(`/alerts?limit=100${tab === "open" ? "&state=open" : ""}`);
  const [ask] = useState(() => throttled(found.reload, 2000));
  useLive((event) => {
    if (event.type === "lab" || event.type === "reset") ask();
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
      {cause.message && <p class="pre">{cause.code ? `${cause.code}: ${cause.message}` : cause.message}</p>}
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
      {cause.hint && <p class="hint">{cause.hint}</p>}
      <p>
        {incident.labs.map(({ lab, run }) => (
          <a key={lab} class="tag" href={run ? links.run(run) : links.lab(lab)}>
            {lab}
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

function Messages({ deliveries }: { deliveries: Alerts["deliveries"] }) {
  if (deliveries.length === 0)
    return <Empty title="No messages yet">Channels and rules stand in shared/config/alerts.yml.</Empty>;
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Table">
      <table class="grid cards">
        <thead>
          <tr>
            <th>Message</th>
            <th>Channel</th>
            <th>Kind</th>
            <th>State</th>
            <th>Made</th>
            <th>Sent</th>
            <th class="right">Attempts</th>
            <th>Problem</th>
          </tr>
        </thead>
        <tbody>
          {deliveries.map((each) => (
            <tr key={each.id}>
              <td class="name">{each.subject ?? "not rendered yet"}</td>
              <td data-label="Channel">{each.channel}</td>
              <td data-label="Kind">{each.kind}</td>
              <td data-label="State">
                <Status is={each.state} />
              </td>
              <td data-label="Made">
                <Time at={each.createdAt} />
              </td>
              <td data-label="Sent">
                <Time at={each.sentAt} />
              </td>
              <td data-label="Attempts" class="right">
                {each.attempts}
              </td>
              <td data-label="Problem" class="message">
                {each.problem}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
