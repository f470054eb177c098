import type { ScoreJson } from "../../../src/server/types.ts";
import { links, queryValue } from "../../lib/router.ts";
import { Empty } from "../../parts/basic.tsx";
import { EvidenceRows } from "../../parts/evidence.tsx";

/** A table's score: every part, every lost point, and the rows behind it. */
export function Lost({
  lab,
  table,
  published,
  score,
}: {
  lab: string;
  table: string;
  published: boolean;
  score: ScoreJson | null;
}) {
  if (!score) return <Empty title="It was not scored yet">A run that builds everything scores it.</Empty>;
  const causes = score.parts.flatMap((part) => part.causes);
  const picked = queryValue("cause") === "" ? undefined : causes[Number(queryValue("cause"))];
  return (
    <>
      <div class="parts">
        {score.parts.map((part) => (
          <section key={part.dimension} class="part">
            <header>
              <h2>{part.dimension}</h2>
              <span>
                {part.points.toFixed(1)} <span class="faint">of {part.max.toFixed(1)}</span>
              </span>
            </header>
            <meter min={0} max={part.max || 1} value={part.points} aria-label={part.dimension} />
            {part.causes.length === 0 ? (
              <p class="faint small">Nothing lost.</p>
            ) : (
              <ul class="plain-list">
                {part.causes.map((cause) => (
                  <li key={cause.text}>
                    <span class="points">−{cause.points.toFixed(1)}</span>
                    <div>
                      {cause.text}
                      {cause.query && (
                        <p class="small">
                          <a
                            href={links.tableTab(lab, table, { tab: "score", cause: String(causes.indexOf(cause)) })}
                            aria-current={cause === picked ? "true" : undefined}
                          >
                            Rows
                          </a>{" "}
                          {published && <a href={links.query(lab, cause.query)}>Query</a>}
                        </p>
                      )}
                    </div>
                  </li>
                ))}
              </ul>
            )}
          </section>
        ))}
      </div>
      {score.notCounted.length > 0 && (
        <p class="faint">Without evidence, and so not counted: {score.notCounted.join(", ")}.</p>
      )}
      {picked?.query && (
        <EvidenceRows
          key={queryValue("cause")}
          at={`/labs/${encodeURIComponent(lab)}/tables/${encodeURIComponent(table)}/lost/${queryValue("cause")}`}
          lab={lab}
          title={picked.text}
          open={published}
        />
      )}
    </>
  );
}
