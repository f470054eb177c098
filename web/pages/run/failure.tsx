import type { NodeDetail } from "../../../src/server/types.ts";
import { useApi } from "../../lib/api.ts";
import { plural, seconds } from "../../lib/format.ts";
import { links } from "../../lib/router.ts";
import { Loading, Status, Words } from "../../parts/basic.tsx";
import { Code } from "../../parts/code.tsx";
import { isTest, type Node } from "./node.ts";

/** A broken node: what was said, where, and both texts of its SQL beside each other. */
export function Failure({ lab, run, node, all }: { lab: string; run: string; node: Node; all: Node[] }) {
  const detail = useApi<NodeDetail>(`/labs/${encodeURIComponent(lab)}/nodes/${encodeURIComponent(node.uniqueId)}`);
  const place = node.error?.place;
  const behind = all.filter((other) => other.behind.includes(node.uniqueId));
  const { source, compiled } = detail.data ?? {};
  const sent = compiledPlace(node.error?.message ?? node.message ?? "");
  return (
    <section class="failure">
      <header>
        <Status is={node.status} />
        <h2>
          {node.resourceType} {node.name}
        </h2>
        <span class="faint small">{seconds(node.seconds)}</span>
      </header>
      <p class="pre message">{node.error ? `${node.error.code}: ${node.error.message}` : node.message}</p>
      {node.error?.hint && (
        <p class="hint">
          <Words>{node.error.hint}</Words>
        </p>
      )}
      {place && (
        <p class="mono small">
          {place.file}
          {place.line ? `:${place.line}` : ""}
          {place.column ? `:${place.column}` : ""}
        </p>
      )}
      {isTest(node) && node.failures && node.relation ? (
        <p>
          <a href={links.tableTab(lab, node.relation, { tab: "tests", test: node.uniqueId })}>
            {plural(node.failures, "row")} it does not accept
          </a>
        </p>
      ) : (
        node.failures && <p>{plural(node.failures, "row")} fail.</p>
      )}
      {behind.length > 0 && (
        <p class="small">
          {plural(behind.length, "node")} behind it {behind.length === 1 ? "was" : "were"}{" "}
          <a href={`${links.run(run)}?tab=skipped`}>skipped</a>:{" "}
          {behind
            .slice(0, 8)
            .map(({ name }) => name)
            .join(", ")}
          {behind.length > 8 ? " …" : ""}
        </p>
      )}
      {detail.loading && !detail.data && <Loading lines={4} />}
      {(source || compiled) && (
        <div class="sides">
          {source && (
            <figure>
              <figcaption>As written</figcaption>
              <Code
                text={source}
                {...(place?.line !== undefined && { mark: place.line })}
                {...(place?.column !== undefined && { column: place.column })}
              />
            </figure>
          )}
          {compiled && (
            <figure>
              <figcaption>As run</figcaption>
              <Code text={compiled} {...(sent !== undefined && { mark: sent })} />
            </figure>
          )}
        </div>
      )}
      <p>
        <a href={links.node(lab, node.uniqueId)}>Show it in the graph</a>
      </p>
    </section>
  );
}

/** DuckDB names the line of what was sent: `LINE 2: no_such_column`. */
function compiledPlace(message: string): number | undefined {
  const line = /^LINE (\d+):/m.exec(message)?.[1];
  return line === undefined ? undefined : Number(line);
}
