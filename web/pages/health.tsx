import { useEffect, useState } from "preact/hooks";
import type { AuditList, Health, JobList } from "../../src/server/types.ts";
import { session, useApi } from "../lib/api.ts";
import { bytes, count, seconds } from "../lib/format.ts";
import { throttled, useLive } from "../lib/live.ts";
import { links } from "../lib/router.ts";
import { Empty, Figure, Gate, Head, Status, Time } from "../parts/basic.tsx";

export default function HealthPage() {
  const health = useApi<Health>("/health");
  const jobs = useApi<JobList>("/jobs?limit=15");
  const [ask] = useState(() =>
    throttled(() => {
      health.reload();
      jobs.reload();
    }, 2000),
  );
  useLive((event) => {
    if (event.type === "lab" || event.type === "reset") ask();
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
                    {item.lab && <a href={links.lab(item.lab)}>{item.lab}</a>} {item.text}
                    {item.hint && <p class="faint small">{item.hint}</p>}
                  </li>
                ))}
              </ul>
            )}
            <h2>Servers and workers</h2>
            {workers.length === 0 ? (
              <Empty title="None was heard of in the last week" />
            ) : (
              <div class="scroll" tabIndex={0} role="region" aria-label="Table">
                <table class="grid">
                  <thead>
                    <tr>
                      <th>Kind</th>
                      <th>State</th>
                      <th>Host</th>
                      <th class="right">Process</th>
                      <th>User</th>
                      <th>Started</th>
                      <th>Heard of</th>
                    </tr>
                  </thead>
                  <tbody>
                    {workers.slice(0, 20).map((worker) => (
                      <tr key={worker.id}>
                        <td>{worker.kind}</td>
                        <td>
                          <Status is={worker.alive ? "alive" : "stopped"} />
                        </td>
                        <td>{worker.host}</td>
                        <td class="right mono">{worker.pid}</td>
                        <td>{worker.user}</td>
                        <td>
                          <Time at={worker.startedAt} />
                        </td>
                        <td>
                          <Time at={worker.seenAt} />
                        </td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
            )}
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
      <h2>Jobs</h2>
      <Gate from={jobs} lines={3}>
        {({ jobs: list }) =>
          list.length === 0 ? (
            <Empty title="The server has not run anything yet" />
          ) : (
            <div class="scroll" tabIndex={0} role="region" aria-label="Table">
              <table class="grid">
                <thead>
                  <tr>
                    <th>Lab</th>
                    <th>State</th>
                    <th>Asked for</th>
                    <th>By</th>
                    <th>Why</th>
                    <th class="right">Took</th>
                    <th>Message</th>
                  </tr>
                </thead>
                <tbody>
                  {list.map((job) => (
                    <tr key={job.id}>
                      <td>{job.run ? <a href={links.run(job.run)}>{job.lab}</a> : job.lab}</td>
                      <td>
                        <Status is={job.state} />
                      </td>
                      <td>
                        <Time at={job.createdAt} />
                      </td>
                      <td>{job.user}</td>
                      <td>{job.trigger}</td>
                      <td class="right">
                        {job.startedAt && job.finishedAt
                          ? seconds((Date.parse(job.finishedAt) - Date.parse(job.startedAt)) / 1000)
                          : ""}
                      </td>
                      <td class="message">{job.message}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          )
        }
      </Gate>
      {session.value?.role === "admin" && <Audit />}
    </>
  );
}

function Audit() {
  const audit = useApi<AuditList>("/audit?limit=20");
  return (
    <>
      <h2>Audit log</h2>
      <Gate from={audit} lines={3}>
        {({ entries }) =>
          entries.length === 0 ? (
            <Empty title="Nobody has changed anything through the page or the API" />
          ) : (
            <div class="scroll" tabIndex={0} role="region" aria-label="Table">
              <table class="grid">
                <thead>
                  <tr>
                    <th>When</th>
                    <th>Who</th>
                    <th>From</th>
                    <th>What</th>
                    <th>To</th>
                    <th>Outcome</th>
                  </tr>
                </thead>
                <tbody>
                  {entries.map((entry) => (
                    <tr key={entry.id}>
                      <td>
                        <Time at={entry.at} />
                      </td>
                      <td>{entry.who}</td>
                      <td class="mono small">{entry.address}</td>
                      <td>{entry.action}</td>
                      <td>{entry.subject}</td>
                      <td>
                        <Status is={entry.outcome} /> {entry.detail && <code>{entry.detail}</code>}
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          )
        }
      </Gate>
    </>
  );
}
