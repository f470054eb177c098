import { useState } from "preact/hooks";
import type { RunList } from "../../src/server/types.ts";
import { get, useApi } from "../lib/api.ts";
import { labs } from "../lib/labs.ts";
import { throttled, useLive } from "../lib/live.ts";
import { queryValue, setQuery } from "../lib/router.ts";
import { Empty, Gate, Head } from "../parts/basic.tsx";
import { RunTable } from "../parts/run-table.tsx";

const statuses = ["running", "ok", "failed", "cancelled", "crashed"];

export default function RunsPage() {
  const [lab, status] = [queryValue("lab"), queryValue("status")];
  const filter = `limit=50${lab ? `&lab=${encodeURIComponent(lab)}` : ""}${status ? `&status=${status}` : ""}`;
  const first = useApi<RunList>(`/runs?${filter}`);
  const [ask] = useState(() => throttled(first.reload, 1500));
  useLive((event) => {
    if (event.type === "run" || event.type === "reset") ask();
  }, []);
  return (
    <>
      <Head title="Runs">
        <label class="pick">
          <span class="hidden">Lab</span>
          <select value={lab} onChange={(event) => setQuery({ lab: event.currentTarget.value })}>
            <option value="">All labs</option>
            {labs.value?.map(({ name }) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        <label class="pick">
          <span class="hidden">Status</span>
          <select value={status} onChange={(event) => setQuery({ status: event.currentTarget.value })}>
            <option value="">Any status</option>
            {statuses.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
      </Head>
      <Gate from={first}>
        {(data) =>
          data.runs.length === 0 ? (
            <Empty title="No runs">{lab || status ? "None fits the filter." : "Nothing has run yet."}</Empty>
          ) : (
            <>
              <RunTable runs={data.runs} withLab />
              {data.next && <More key={`${filter}${data.next}`} filter={filter} from={data.next} />}
            </>
          )
        }
      </Gate>
    </>
  );
}

function More({ filter, from }: { filter: string; from: string }) {
  const [pages, setPages] = useState<RunList[]>([]);
  const next = pages.length === 0 ? from : (pages.at(-1)?.next ?? null);
  return (
    <>
      {pages.map((page) => (
        <RunTable key={page.runs[0]?.id} runs={page.runs} withLab />
      ))}
      {next && (
        <p>
          <button
            type="button"
            class="button"
            onClick={() =>
              void get<RunList>(`/runs?${filter}&cursor=${next}`).then((page) => setPages([...pages, page]))
            }
          >
            Older runs
          </button>
        </p>
      )}
    </>
  );
}
