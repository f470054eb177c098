import type { LabDetail, Settings } from "../../../src/server/types.ts";
import { useApi } from "../../lib/api.ts";
import { seconds } from "../../lib/format.ts";
import { Empty, Time } from "../../parts/basic.tsx";
import { type Column, Table } from "../../parts/table.tsx";

type Setting = Settings["settings"][number];

const columns: Column<Setting>[] = [
  { id: "path", label: "Setting", class: "mono small wide", by: (each) => each.path, cell: (each) => each.path },
  {
    id: "value",
    label: "Value",
    class: "wide",
    by: (each) => each.value,
    cell: (each) =>
      each.value === null ? (
        <span class="faint">secret, not shown</span>
      ) : each.overriddenBy ? (
        <>
          <s class="faint">{each.value}</s> <span class="small">the lab says otherwise</span>
        </>
      ) : (
        each.value
      ),
  },
  {
    id: "from",
    label: "From",
    class: "mono small",
    by: ({ place }) => place && `${place.file}:${String(place.line).padStart(6, "0")}`,
    cell: ({ place }) => (place ? `${place.file}:${place.line}` : <span class="faint">default</span>),
  },
];

export function SettingsTab({ name, detail }: { name: string; detail: LabDetail }) {
  const settings = useApi<Settings>(`/labs/${encodeURIComponent(name)}/settings`);
  const { schedule, paths } = detail;
  return (
    <>
      {detail.problem && (
        <p class="callout bad">
          <code>{detail.problem.code}</code> {detail.problem.message}{" "}
          {detail.problem.place && `(${detail.problem.place.file}:${detail.problem.place.line ?? 1})`}
        </p>
      )}
      <h2>Schedule</h2>
      {schedule ? (
        <dl class="pairs">
          <dt>When</dt>
          <dd>{schedule.text}</dd>
          <dt>Next</dt>
          <dd>
            {schedule.next.length === 0 ? "when that happens" : schedule.next.map((at) => <Time key={at} at={at} />)}
          </dd>
          <dt>Missed times</dt>
          <dd>{schedule.missed}</dd>
          <dt>Retries</dt>
          <dd>{schedule.retries}</dd>
          <dt>Time limit</dt>
          <dd>{schedule.timeoutSeconds === null ? "none" : seconds(schedule.timeoutSeconds)}</dd>
        </dl>
      ) : (
        <Empty title="No schedule">
          It runs when somebody asks. <code>schedule:</code> in lab.yml changes that.
        </Empty>
      )}
      <h2>Where it lies</h2>
      <dl class="pairs">
        {Object.entries(paths).map(([key, path]) => (
          <>
            <dt key={key}>{key}</dt>
            <dd class="mono small">{path}</dd>
          </>
        ))}
      </dl>
      <h2>Every setting and its origin</h2>
      <Table
        label="Settings"
        name="settings"
        columns={columns}
        rows={settings.data?.settings}
        from={settings}
        keyOf={({ path, place }) => `${path} ${place?.file}:${place?.line}:${place?.column}`}
        search="Search settings, values, files"
        empty={<Empty title="There are no settings" />}
      />
    </>
  );
}
