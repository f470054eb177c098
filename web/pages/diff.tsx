import type { Diff } from "../../src/server/types.ts";
import { useApi } from "../lib/api.ts";
import { count } from "../lib/format.ts";
import { links, queryValue } from "../lib/router.ts";
import { Gate, Head, Status } from "../parts/basic.tsx";

interface Columns {
  added: { name: string; type: string }[];
  removed: { name: string; type: string }[];
  retyped: { name: string; before: string; after: string }[];
  differ: { name: string; changed: number | null; sum: { before: string | null; after: string | null } | null }[];
}

export default function DiffPage({ lab }: { lab: string }) {
  const query = new URLSearchParams();
  for (const name of ["before", "after"]) if (queryValue(name)) query.set(name, queryValue(name));
  const found = useApi<Diff>(`/labs/${encodeURIComponent(lab)}/diff?${query}`);
  return (
    <>
      <Head
        title="What changed"
        above={
          <>
            <a href="/">Labs</a> / <a href={links.lab(lab)}>{lab}</a> /{" "}
            <a href={links.lab(lab, "versions")}>Versions</a>
          </>
        }
      />
      <Gate from={found}>
        {(diff) => (
          <>
            <p class="lead">
              From <span class="mono">{diff.before}</span> to <span class="mono">{diff.after}</span>
            </p>
            <div class="scroll" tabIndex={0} role="region" aria-label="Table">
              <table class="grid">
                <thead>
                  <tr>
                    <th>Table</th>
                    <th>State</th>
                    <th class="right">Rows before</th>
                    <th class="right">Rows after</th>
                    <th class="right">Added</th>
                    <th class="right">Removed</th>
                    <th class="right">Changed</th>
                    <th>Columns</th>
                  </tr>
                </thead>
                <tbody>
                  {diff.tables.map((table) => {
                    const columns = table["columns"] as Columns | undefined;
                    return (
                      <tr key={table.table}>
                        <td>
                          <a href={links.table(lab, table.table)}>{table.table}</a>
                        </td>
                        <td>
                          <Status is={table.state} />
                        </td>
                        <td class="right">{count(table.rows.before)}</td>
                        <td class="right">{count(table.rows.after)}</td>
                        <td class="right">{count(table.added)}</td>
                        <td class="right">{count(table.removed)}</td>
                        <td class="right">{count(table.changed)}</td>
                        <td class="small">
                          {columns && (
                            <>
                              {columns.added.map(({ name, type }) => (
                                <p key={name}>
                                  + {name} <span class="faint">{type}</span>
                                </p>
                              ))}
                              {columns.removed.map(({ name }) => (
                                <p key={name}>− {name}</p>
                              ))}
                              {columns.retyped.map(({ name, before, after }) => (
                                <p key={name}>
                                  {name}: {before} → {after}
                                </p>
                              ))}
                              {columns.differ.map(({ name, changed, sum }) => (
                                <p key={name}>
                                  {name}
                                  {changed === null ? "" : `: ${count(changed)} changed`}
                                  {sum ? <span class="faint">{` sum ${sum.before} → ${sum.after}`}</span> : ""}
                                </p>
                              ))}
                            </>
                          )}
                        </td>
                      </tr>
                    );
                  })}
                </tbody>
              </table>
            </div>
          </>
        )}
      </Gate>
    </>
  );
}
