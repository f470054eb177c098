import type { LabDetail } from "../../src/server/types.ts";
import { useApi } from "../lib/api.ts";
import { count } from "../lib/format.ts";
import { labs } from "../lib/labs.ts";
import { useLive } from "../lib/live.ts";
import { links, queryValue, setQuery } from "../lib/router.ts";
import { Figure, Gate, Head, Score, Spark, Tabs, Time } from "../parts/basic.tsx";
import { Later } from "../parts/later.tsx";
import { Overview } from "./lab/overview.tsx";
import { SettingsTab } from "./lab/settings.tsx";
import { SourcesTab } from "./lab/sources.tsx";
import { TablesTab } from "./lab/tables.tsx";
import { VersionsTab } from "./lab/versions.tsx";
import { LabActions, LabStatus } from "./labs.tsx";

export default function LabPage({ name }: { name: string }) {
  const api = `/labs/${encodeURIComponent(name)}`;
  const detail = useApi<LabDetail>(api);
  const row = labs.value?.find((lab) => lab.name === name) ?? detail.data?.lab;
  const tab = queryValue("tab") || "overview";
  const version = row?.publishedAt ?? "";
  useLive(
    (event) => {
      if (
        (event.type === "lab" && event.lab.name === name && event.lab.publishedAt !== version) ||
        event.type === "reset"
      )
        detail.reload();
    },
    [name, version],
  );
  return (
    <Gate from={detail}>
      {(data) =>
        row && (
          <>
            <Head title={name} above={<a href="/">Labs</a>}>
              <LabActions lab={row} />
              <a class="button" href={links.query(name)}>
                Query
              </a>
            </Head>
            {row.description && (
              <p class="lead" dir="auto">
                {row.description}
              </p>
            )}
            <dl class="figures">
              <Figure label="State">
                <LabStatus lab={row} />
              </Figure>
              <Figure label="Score">
                <span class="with-spark">
                  <Score value={row.score} />
                  <Spark values={row.trend} label="Score of the last runs" />
                </span>
              </Figure>
              <Figure label="Published">
                <Time at={row.publishedAt} none="never" />
              </Figure>
              <Figure label="Rows">{count(row.rows)}</Figure>
              <Figure label="Failing tests" tone={row.failingTests > 0 ? "bad" : ""}>
                {count(row.failingTests)}
              </Figure>
              <Figure label="Next run">
                {row.paused ? "paused" : <Time at={row.nextRun} none={row.schedule ? "on event" : "by hand"} />}
              </Figure>
              <Figure label="Owner">{row.owner ?? "–"}</Figure>
            </dl>
            {row.trouble && row.lastRun && (
              <p class="callout bad" role="note">
                <strong>{row.trouble}</strong> <a href={links.run(row.lastRun.id)}>See why</a>
              </p>
            )}
            {row.paused && (
              <p class="callout wait" role="note">
                Schedules leave it alone{row.paused.by ? ` since ${row.paused.by} paused it` : ""}
                {row.paused.why ? `: ${row.paused.why}` : "."}
              </p>
            )}
            <Tabs
              active={tab}
              onPick={(id) => setQuery({ tab: id === "overview" ? "" : id, node: "", view: "" }, { push: true })}
              tabs={[
                { id: "overview", label: "Overview" },
                { id: "graph", label: "Graph" },
                { id: "tables", label: "Tables" },
                { id: "sources", label: "Sources and files", count: data.sources.length },
                { id: "versions", label: "Versions", count: data.versions.length },
                { id: "settings", label: "Schedule and settings" },
              ]}
            />
            <div role="tabpanel">
              {tab === "overview" && <Overview name={name} detail={data} />}
              {tab === "graph" && <Later load={() => import("./lab/graph.tsx")} props={{ name }} />}
              {tab === "tables" && <TablesTab name={name} />}
              {tab === "sources" && <SourcesTab name={name} detail={data} />}
              {tab === "versions" && <VersionsTab detail={data} name={name} />}
              {tab === "settings" && <SettingsTab name={name} detail={data} />}
            </div>
          </>
        )
      }
    </Gate>
  );
}
