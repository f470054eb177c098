import { useState } from "preact/hooks";
import type { Quarantine, Replayed } from "../../src/server/types.ts";
import { act } from "../lib/actions.ts";
import { get, mayAct, post, useApi } from "../lib/api.ts";
import { download } from "../lib/download.ts";
import { count, plural } from "../lib/format.ts";
import { labs } from "../lib/labs.ts";
import { links, queryValue, setQuery } from "../lib/router.ts";
import { Empty, Gate, Head, Loading, say, Time } from "../parts/basic.tsx";
import { LabPicker } from "../parts/pickers.tsx";
import { type Column, Table } from "../parts/table.tsx";

export default function QuarantinePage() {
  const all = labs.value;
  const lab = queryValue("lab");
  if (!all) return <Loading />;
  const shown = lab || all.find(({ quarantined }) => quarantined)?.name || all[0]?.name || "";
  return (
    <>
      <Head title="Quarantine">
        <LabPicker
          value={shown}
          note={({ quarantined }) => (quarantined ? ` (${count(quarantined)})` : "")}
          clears={["table", "reason"]}
        />
      </Head>
      <p class="lead">
        Rows that do not fit their contract. Correct a row here and load it, or correct the contract in lab.yml and run
        the lab.
      </p>
      {shown === "" ? <Empty title="There are no labs yet" /> : <Rows key={shown} lab={shown} />}
    </>
  );
}

/** Rows that are shown here; the export has all. */
const asked = 200;

function Rows({ lab }: { lab: string }) {
  const table = queryValue("table");
  const api = `/labs/${encodeURIComponent(lab)}/quarantine`;
  const found = useApi<Quarantine>(`${api}?limit=${asked}${table ? `&table=${encodeURIComponent(table)}` : ""}`);
  const [edits, setEdits] = useState<Record<string, string>>({});
  const [most, setMost] = useState(20);
  const [refused, setRefused] = useState<Record<string, string>>({});
  const replay = async (rows: Quarantine["rows"]) => {
    const answer = await act("Tried again.", () =>
      post<Replayed>(`${api}/replay`, {
        rows: rows.map((row) => ({
          table: row.table,
          load: row.load,
          record: row.record,
          row: edits[keyOf(row)] ?? row.row,
        })),
      }),
    );
    if (!answer) return;
    const loaded = answer.results.reduce((sum, result) => sum + result.loaded, 0);
    setRefused(
      Object.fromEntries(
        answer.results.flatMap(({ table: of, load, refused: list }) =>
          list.map(({ record, reason }) => [`${of} ${load} ${record}`, reason]),
        ),
      ),
    );
    const tried = answer.results.reduce((sum, result) => sum + result.tried, 0);
    const why = tried === 0 ? "It is not in quarantine any more: somebody has loaded it." : "No row fits yet.";
    say(loaded > 0 ? `${plural(loaded, "row")} loaded. The next run builds with them.` : why, loaded === 0);
    found.reload();
  };
  const corrected = (found.data?.rows ?? []).filter((row) => (edits[keyOf(row)] ?? row.row) !== row.row);
  const save = async () => {
    const of = table ? `?table=${encodeURIComponent(table)}` : "";
    const file = await act("Exported.", () => get<string>(`${api}/csv${of}`));
    if (file !== undefined) download(`${lab}-quarantine.csv`, file);
  };
  return (
    <Gate from={found}>
      {({ groups, rows }) =>
        groups.length === 0 ? (
          <Empty title={`Nothing of ${lab} is in quarantine`}>Every row that came fits its contract.</Empty>
        ) : (
          <>
            <h2>Reasons</h2>
            <Table
              label="Reasons"
              name="reasons"
              columns={reasonColumns(table)}
              rows={groups}
              keyOf={(group) => `${group.table} ${group.reason}`}
              empty={null}
            />
            <div class="graph-bar rows-head">
              <h2>
                Rows <span class="faint">{rows.length === asked ? `the first ${asked}` : count(rows.length)}</span>
              </h2>
              {table && (
                <button type="button" class="chip" onClick={() => setQuery({ table: "" })}>
                  raw.{table} <span aria-hidden="true">✕</span>
                </button>
              )}
              <span class="buttons end">
                {mayAct(lab) && corrected.length > 1 && (
                  <button type="button" class="button small primary" onClick={() => void replay(corrected)}>
                    Load all {corrected.length} corrected rows
                  </button>
                )}
                <button type="button" class="button small" onClick={() => void save()}>
                  Export as CSV
                </button>
              </span>
            </div>
            <ul class="rejects">
              {rows.slice(0, most).map((row) => {
                const key = keyOf(row);
                const edited = edits[key];
                return (
                  <li key={key}>
                    <p class="small">
                      <strong>{refused[key] ?? row.reason}</strong>
                      <span class="faint">
                        {" "}
                        {row.column && `column ${row.column}, `}
                        {row.file}, record {count(row.record)}
                      </span>
                    </p>
                    {mayAct(lab) ? (
                      <form
                        onSubmit={(event) => {
                          event.preventDefault();
                          void replay([row]);
                        }}
                      >
                        <textarea
                          class="mono"
                          rows={Math.min(4, Math.ceil(row.row.length / 110))}
                          aria-label={`Row ${row.record} of ${row.file}`}
                          spellcheck={false}
                          value={edited ?? row.row}
                          onInput={(event) => setEdits({ ...edits, [key]: event.currentTarget.value })}
                        />
                        <button
                          type="submit"
                          class="button small"
                          disabled={edited === undefined || edited === row.row}
                        >
                          Load it
                        </button>
                      </form>
                    ) : (
                      <pre class="code">{row.row}</pre>
                    )}
                  </li>
                );
              })}
            </ul>
            {rows.length > most && (
              <p>
                <button type="button" class="button" onClick={() => setMost(most + 40)}>
                  More rows
                </button>
              </p>
            )}
            <p class="faint">
              The exported file can be corrected with any editor and loaded again:{" "}
              <code>labs quarantine {lab} replay --from bad.csv</code>.{" "}
              <a href={links.lab(lab, "sources")}>Sources and files</a>
            </p>
          </>
        )
      }
    </Gate>
  );
}

type Group = Quarantine["groups"][number];

const reasonColumns = (table: string): Column<Group>[] => [
  {
    id: "table",
    label: "Table",
    by: (group) => group.table,
    cell: (group) => (
      <button type="button" class="link" onClick={() => setQuery({ table: table ? "" : group.table }, { push: true })}>
        raw.{group.table}
      </button>
    ),
  },
  { id: "rows", label: "Rows", right: true, by: (group) => -group.rows, cell: (group) => count(group.rows) },
  { id: "files", label: "Files", right: true, by: (group) => group.files, cell: (group) => count(group.files) },
  { id: "reason", label: "Reason", class: "wide", by: (group) => group.reason, cell: (group) => group.reason },
  { id: "at", label: "Newest", by: (group) => -Date.parse(group.at), cell: (group) => <Time at={group.at} /> },
];

const keyOf = (row: Quarantine["rows"][number]) => `${row.table} ${row.load} ${row.record}`;
