import { useState } from "preact/hooks";
import type { Quarantine, Replayed } from "../../src/server/types.ts";
import { act } from "../lib/actions.ts";
import { mayAct, post, useApi } from "../lib/api.ts";
import { count, plural } from "../lib/format.ts";
import { labs } from "../lib/labs.ts";
import { links, queryValue, setQuery } from "../lib/router.ts";
import { Empty, Gate, Head, Loading, say, Time } from "../parts/basic.tsx";

export default function QuarantinePage() {
  const all = labs.value;
  const lab = queryValue("lab");
  if (!all) return <Loading />;
  const shown = lab || all.find(({ quarantined }) => quarantined)?.name || all[0]?.name || "";
  return (
    <>
      <Head title="Quarantine">
        <label class="pick">
          <span class="hidden">Lab</span>
          <select
            value={shown}
            onChange={(event) => setQuery({ lab: event.currentTarget.value, table: "" }, { push: true })}
          >
            {all.map(({ name, quarantined }) => (
              <option key={name} value={name}>
                {name}
                {quarantined ? ` (${count(quarantined)})` : ""}
              </option>
            ))}
          </select>
        </label>
      </Head>
      <p class="lead">
        Rows that do not fit their contract. Correct a row here and load it, or correct the contract in lab.yml and run
        the lab.
      </p>
      {shown === "" ? <Empty title="There are no labs yet" /> : <Rows key={shown} lab={shown} />}
    </>
  );
}

function Rows({ lab }: { lab: string }) {
  const table = queryValue("table");
  const api = `/labs/${encodeURIComponent(lab)}/quarantine`;
  const found = useApi<Quarantine>(`${api}?limit=200${table ? `&table=${encodeURIComponent(table)}` : ""}`);
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
    say(
      loaded > 0 ? `${plural(loaded, "row")} loaded. The next run builds with them.` : "No row fits yet.",
      loaded === 0,
    );
    found.reload();
  };
  return (
    <Gate from={found}>
      {({ groups, rows }) =>
        groups.length === 0 ? (
          <Empty title={`Nothing of ${lab} is in quarantine`}>Every row that came fits its contract.</Empty>
        ) : (
          <>
            <h2>Reasons</h2>
            <div class="scroll" tabIndex={0} role="region" aria-label="Table">
              <table class="grid">
                <thead>
                  <tr>
                    <th>Table</th>
                    <th class="right">Rows</th>
                    <th class="right">Files</th>
                    <th>Reason</th>
                    <th>Newest</th>
                  </tr>
                </thead>
                <tbody>
                  {groups.map((group) => (
                    <tr key={group.table + group.reason}>
                      <td>
                        <button
                          type="button"
                          class="link"
                          onClick={() => setQuery({ table: table ? "" : group.table })}
                        >
                          raw.{group.table}
                        </button>
                      </td>
                      <td class="right">{count(group.rows)}</td>
                      <td class="right">{count(group.files)}</td>
                      <td>{group.reason}</td>
                      <td>
                        <Time at={group.at} />
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
            <h2>
              Rows <span class="faint">{rows.length === 200 ? "the first 200" : count(rows.length)}</span>
            </h2>
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
                    {mayAct() ? (
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
              All of them as a file: <code>labs quarantine {lab} export --out bad.csv</code>.{" "}
              <a href={links.lab(lab, "sources")}>Sources and files</a>
            </p>
          </>
        )
      }
    </Gate>
  );
}

const keyOf = (row: Quarantine["rows"][number]) => `${row.table} ${row.load} ${row.record}`;
