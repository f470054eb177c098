import type { TableDetail } from "../../src/server/types.ts";
import { useApi } from "../lib/api.ts";
import { bytes, count } from "../lib/format.ts";
import { links, queryValue, setQuery } from "../lib/router.ts";
import { useRunNews } from "../lib/run-news.ts";
import { Empty, Figure, Gate, Head, Score, Spark, Status, Tabs } from "../parts/basic.tsx";
import { Later } from "../parts/later.tsx";
import { Columns } from "./table/columns.tsx";
import { Lost } from "./table/score.tsx";
import { Tests } from "./table/tests.tsx";

export default function TablePage({ lab, table }: { lab: string; table: string }) {
  const api = `/labs/${encodeURIComponent(lab)}/tables/${encodeURIComponent(table)}`;
  const detail = useApi<TableDetail>(api);
  useRunNews(lab, detail.reload);
  const tab = queryValue("tab") || "columns";
  return (
    <Gate from={detail}>
      {(data) => (
        <>
          <Head
            title={<span class="mono">{data.name}</span>}
            above={
              <>
                <a href="/">Labs</a> / <a href={links.lab(lab)}>{lab}</a> /{" "}
                <a href={links.lab(lab, "tables")}>Tables</a>
              </>
            }
          >
            {data.node && (
              <a class="button" href={links.node(lab, data.node)}>
                Graph
              </a>
            )}
            {data.published && (
              <a class="button" href={links.query(lab, `select *\nfrom ${data.name}\nlimit 100`)}>
                Query
              </a>
            )}
          </Head>
          {data.description && <p class="lead">{data.description}</p>}
          <dl class="figures">
            <Figure label="Rows">{count(data.rows)}</Figure>
            <Figure label="Columns">{data.published ? count(data.columns.length) : "–"}</Figure>
            <Figure label="Size">{bytes(data.bytes)}</Figure>
            <Figure label="Score">
              <span class="with-spark">
                <Score value={data.score?.score ?? null} />
                <Spark values={data.history.map((each) => each.score)} label="Score of the last runs" />
              </span>
            </Figure>
            <Figure label="Tests" tone={data.tests.some(({ status }) => status === "fail") ? "bad" : ""}>
              {count(data.tests.filter(({ status }) => status === "pass").length)}
              <span class="faint"> of {count(data.tests.length)}</span>
            </Figure>
            <Figure label="Readers">{data.published ? <Status is="published" /> : "inside the lab"}</Figure>
          </dl>
          <Tabs
            active={tab}
            onPick={(id) => setQuery({ tab: id === "columns" ? "" : id, test: "", cause: "" }, { push: true })}
            tabs={[
              { id: "columns", label: "Columns" },
              { id: "score", label: "Score" },
              { id: "tests", label: "Tests", count: data.tests.length },
              ...(data.published ? [{ id: "rows", label: "Rows" }] : []),
              ...(data.node ? [{ id: "lineage", label: "Lineage" }] : []),
              ...(data.published ? [{ id: "changes", label: "Changes" }] : []),
            ]}
          />
          <div role="tabpanel">
            {tab === "columns" &&
              (data.published ? (
                <Columns lab={lab} table={data.name} columns={data.columns} rows={data.rows ?? 0} />
              ) : (
                <Empty title="Only published tables are profiled here">
                  This one is inside the lab. In the terminal:{" "}
                  <code>
                    labs inspect {lab} {data.name}
                  </code>
                </Empty>
              ))}
            {tab === "score" && <Lost lab={lab} table={data.name} published={data.published} score={data.score} />}
            {tab === "tests" && <Tests lab={lab} detail={data} />}
            {tab === "rows" && data.published && <Later load={() => import("./table/rows.tsx")} props={{ api }} />}
            {tab === "lineage" && data.node && (
              <Later load={() => import("./table/lineage.tsx")} props={{ lab, node: data.node }} />
            )}
            {tab === "changes" && (
              <Later load={() => import("./table/changes.tsx")} props={{ lab, table: data.name }} />
            )}
          </div>
        </>
      )}
    </Gate>
  );
}
