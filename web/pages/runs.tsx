import { useRef, useState } from "preact/hooks";
import type { RunInfoJson, RunList } from "../../src/server/types.ts";
import { get, useApi } from "../lib/api.ts";
import { throttled, useLive } from "../lib/live.ts";
import { queryValue } from "../lib/router.ts";
import { Empty, Gate, Head } from "../parts/basic.tsx";
import { LabPicker, Pick } from "../parts/pickers.tsx";
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
        <LabPicker all="All labs" />
        <Pick name="status" label="Status" all="Any status" values={statuses} />
      </Head>
      <Gate from={first}>
        {(data) =>
          data.runs.length === 0 ? (
            <Empty title="No runs">{lab || status ? "None fits the filter." : "Nothing has run yet."}</Empty>
          ) : (
            <Runs key={filter} filter={filter} first={data} />
          )
        }
      </Gate>
    </>
  );
}

/** The newest runs, which change, and the pages before them, which do not. */
function Runs({ filter, first }: { filter: string; first: RunList }) {
  const [older, setOlder] = useState<RunList[]>([]);
  const next = (older.at(-1) ?? first).next;
  // What new runs push off the first page stays; ids begin with their time.
  const known = useRef(new Map<string, RunInfoJson>());
  for (const run of [first, ...older].flatMap((page) => page.runs).reverse()) known.current.set(run.id, run);
  const runs = [...known.current.values()].sort((a, b) => (a.id < b.id ? 1 : -1));
  return (
    <>
      <RunTable runs={runs} withLab />
      {next && (
        <p class="more">
          <button
            type="button"
            class="button"
            onClick={() =>
              void get<RunList>(`/runs?${filter}&cursor=${next}`).then((page) => setOlder([...older, page]))
            }
          >
            Older runs
          </button>
        </p>
      )}
    </>
  );
}
