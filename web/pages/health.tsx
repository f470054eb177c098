import { useEffect, useState } from "preact/hooks";
import type { AuditList, Health, JobJson, JobList } from "../../src/server/types.ts";
import { session, useApi } from "../lib/api.ts";
import { bytes, count, seconds } from "../lib/format.ts";
import { throttled, useLive } from "../lib/live.ts";
import { links } from "../lib/router.ts";
import { Empty, Figure, Gate, Head, Status, Time, Words } from "../parts/basic.tsx";
import { type Column, Table } from "../parts/table.tsx";

export default function HealthPage() {
  const health = useApi<Health>("/health");
  const jobs = useApi<JobList>("/jobs?limit=100");
  const [ask] = useState(() =>
    throttled(() => {
      health.reload();
      jobs.reload();
    }, 2000),
  );
  useLive((event) => {
    if (event.type === "jobs" || event.type === "lab" || event.type === "reset") ask();
  }, []);
  useEffect(() => {
    const timer = setInterval(() => document.visibilityState === "visible" && ask(), 15_000);
    return () => clearInterval(timer);
  }, []);
  return (
    <>
      <Head title="Health" />
      <Gate from={health}>
        {({ items, machine, workers, queue, leases }) => (
          <>
            <dl class="figures">
              <Figure label="Load">
                {machine.load.toFixed(1)} <span class="faint">on {machine.cores} cores</span>
              </Figure>
              <Figure label="Memory free">
                {bytes(machine.memoryFree)} <span class="faint">of {bytes(machine.memoryTotal)}</span>
              </Figure>
              <Figure label="Disk free">
                {bytes(machine.diskFree)} <span class="faint">of {bytes(machine.diskTotal)}</span>
              </Figure>
              <Figure label="Waiting">{count(queue.waiting)}</Figure>
              <Figure label="Running">{count(queue.running)}</Figure>
              <Figure label="Host">{machine.host}</Figure>
            </dl>
            <h2>What needs attention</h2>
            {items.length === 0 ? (
              <Empty title="Nothing: all is well" />
            ) : (
              <ul class="items">
                {items.map((item) => (
                  <li key={`${item.check}${item.lab}${item.text}`} class={item.level === "attention" ? "bad" : ""}>
                    {item.lab && <a href={links.lab(item.lab)}>{item.lab}</a>} <Words>{item.text}</Words>
                    {item.hint && (
                      <p class="faint small">
                        <Words>{item.hint}</Words>
                      </p>
                    )}
                  </li>
                ))}
              </ul>
            )}
            <h2>Servers and workers</h2>
            <Table
              label="Servers and workers"
              name="workers"
              columns={workerColumns}
              rows={workers}
              keyOf={(worker) => worker.id}
              most={20}
              empty={<Empty title="None was heard of in the last week" />}
            />
            {leases.length > 0 && (
              <>
                <h2>Leases</h2>
                <ul class="plain-list">
                  {leases.map((lease) => (
                    <li key={lease.job}>
                      <a href={links.lab(lease.lab)}>{lease.lab}</a>, attempt {lease.attempt}, held by{" "}
                      <span class="mono small">{lease.worker}</span> until <Time at={lease.until} />
                    </li>
                  ))}
                </ul>
              </>
            )}
          </>
        )}
      </Gate>
      {/* What stands below comes when what stands above is there: nothing is pushed away. */}
      {(health.data || health.error) && (
        <>
          <h2>Jobs</h2>
          <Table
            label="Jobs"
            name="jobs"
            columns={jobColumns}
            rows={jobs.data?.jobs}
            from={jobs}
            keyOf={(job) => job.id}
            most={15}
            empty={<Empty title="The server has not run anything yet" />}
          />
          {session.value?.role === "admin" && <Audit />}
        </>
      )}
    </>
  );
}

function Audit() {
  const audit = useApi<AuditList>("/audit?limit=100");
  return (
    <>
      <h2>Audit log</h2>
      <Table
        label="Audit log"
        name="audit"
        columns={auditColumns}
        rows={audit.data?.entries}
        from={audit}
        keyOf={(entry) => entry.id}
        search="Search who, what, from where"
        most={20}
        empty={<Empty title="Nobody has changed anything through the page or the API" />}
      />
    </>
  );
}

const workerColumns: Column<Health["workers"][number]>[] = [
  { id: "kind", label: "Kind", by: (worker) => worker.kind, cell: (worker) => worker.kind },
  {
    id: "state",
    label: "State",
    by: (worker) => Number(!worker.alive),
    cell: (worker) => <Status is={worker.alive ? "alive" : "stopped"} />,
  },
  { id: "host", label: "Host", by: (worker) => worker.host, cell: (worker) => worker.host },
  { id: "pid", label: "Process", right: true, class: "mono", by: (worker) => worker.pid, cell: (worker) => worker.pid },
  { id: "user", label: "User", by: (worker) => worker.user, cell: (worker) => worker.user },
  {
    id: "started",
    label: "Started",
    by: (worker) => -Date.parse(worker.startedAt),
    cell: (worker) => <Time at={worker.startedAt} />,
  },
  {
    id: "seen",
    label: "Heard of",
    by: (worker) => -Date.parse(worker.seenAt),
    cell: (worker) => <Time at={worker.seenAt} />,
  },
];

const tookOf = (job: JobJson) =>
  job.startedAt && job.finishedAt ? (Date.parse(job.finishedAt) - Date.parse(job.startedAt)) / 1000 : null;

const jobColumns: Column<JobJson>[] = [
  {
    id: "lab",
    label: "Lab",
    by: (job) => job.lab,
    cell: (job) => <a href={job.run ? links.run(job.run) : links.lab(job.lab)}>{job.lab}</a>,
  },
  { id: "state", label: "State", by: (job) => job.state, cell: (job) => <Status is={job.state} /> },
  {
    id: "asked",
    label: "Asked for",
    by: (job) => -Date.parse(job.createdAt),
    cell: (job) => <Time at={job.createdAt} />,
  },
  { id: "by", label: "By", by: (job) => job.user, cell: (job) => job.user },
  { id: "why", label: "Why", by: (job) => job.trigger, cell: (job) => job.trigger },
  { id: "took", label: "Took", right: true, by: tookOf, cell: (job) => seconds(tookOf(job)) },
  { id: "message", label: "Message", class: "message", by: (job) => job.message, cell: (job) => job.message },
];

const auditColumns: Column<AuditList["entries"][number]>[] = [
  { id: "at", label: "When", by: (entry) => -Date.parse(entry.at), cell: (entry) => <Time at={entry.at} /> },
  { id: "who", label: "Who", by: (entry) => entry.who, cell: (entry) => entry.who },
  { id: "from", label: "From", class: "mono small", by: (entry) => entry.address, cell: (entry) => entry.address },
  { id: "what", label: "What", by: (entry) => entry.action, cell: (entry) => entry.action },
  { id: "to", label: "To", by: (entry) => entry.subject, cell: (entry) => entry.subject },
  {
    id: "outcome",
    label: "Outcome",
    by: (entry) => entry.outcome,
    cell: (entry) => (
      <>
        <Status is={entry.outcome} /> {entry.detail && <code>{entry.detail}</code>}
      </>
    ),
  },
];
