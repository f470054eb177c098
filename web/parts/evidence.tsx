import type { Evidence } from "../../src/server/types.ts";
import { useApi } from "../lib/api.ts";
import { plural, seconds } from "../lib/format.ts";
import { links } from "../lib/router.ts";
import { Empty, Gate } from "./basic.tsx";
import { Code } from "./code.tsx";
import { Results } from "./grid.tsx";

/** The rows behind a finding, with the query that gives them. `at`: where the API has them. */
export function EvidenceRows({ at, lab, title, open }: { at: string; lab: string; title: string; open: boolean }) {
  const found = useApi<Evidence>(at);
  return (
    <section class="evidence" aria-label={title}>
      <h2>{title}</h2>
      <Gate from={found} lines={3}>
        {(data) => (
          <>
            {data.rows.length === 0 ? (
              <Empty title="No such row now">The table has changed since, or the rows were not kept.</Empty>
            ) : (
              <>
                <p class="faint small">
                  {plural(data.total ?? data.rows.length, "row")}
                  {data.more ? `, the first ${data.rows.length} shown` : ""}; from the lab's working database in{" "}
                  {seconds(data.seconds)}
                </p>
                <Results grid={data} label={title} />
              </>
            )}
            <details>
              <summary>The query</summary>
              <Code text={data.sql} />
              {open && <a href={links.query(lab, data.sql)}>Ask it of what is published</a>}
            </details>
          </>
        )}
      </Gate>
    </section>
  );
}
