import type { Docs } from "../../src/server/types.ts";
import { useApi } from "../lib/api.ts";
import { plural } from "../lib/format.ts";
import { links, queryValue, setQuery } from "../lib/router.ts";
import { Empty, Gate, Head } from "../parts/basic.tsx";
import { LabPicker } from "../parts/pickers.tsx";

const most = 150;

export default function DocsPage() {
  const lab = queryValue("lab");
  const found = useApi<Docs>(`/docs${lab ? `?lab=${encodeURIComponent(lab)}` : ""}`);
  const words = queryValue("q").toLowerCase().split(/\s+/).filter(Boolean);
  const fits = (text: string) => words.every((word) => text.toLowerCase().includes(word));
  return (
    <>
      <Head title="Docs">
        <LabPicker all="All labs" />
        <input
          class="search"
          type="search"
          placeholder="Search models, columns, descriptions"
          aria-label="Search the documentation"
          value={queryValue("q")}
          onInput={(event) => setQuery({ q: event.currentTarget.value })}
        />
      </Head>
      <Gate from={found}>
        {({ entries }) => {
          const shown = entries.filter((entry) =>
            fits(
              [
                entry.name,
                entry.description,
                entry.type,
                entry.layer,
                ...entry.columns.flatMap((c) => [c.name, c.description]),
              ].join(" "),
            ),
          );
          if (shown.length === 0)
            return (
              <Empty title={entries.length === 0 ? "Nothing is documented yet" : "Nothing fits"}>
                {entries.length === 0 && "The documentation comes from the project: it is here after the first run."}
              </Empty>
            );
          return (
            <>
              <p class="faint small">{plural(shown.length, "entry", "entries")}</p>
              <div class="docs">
                {shown.slice(0, most).map((entry) => (
                  <article key={entry.lab + entry.id}>
                    <header>
                      <h2>
                        <a href={links.node(entry.lab, entry.id)}>{entry.name}</a>
                      </h2>
                      <span class="faint small">
                        {entry.type}
                        {entry.layer && ` in ${entry.layer}`} of {entry.lab}
                      </span>
                    </header>
                    {entry.description ? <p>{entry.description}</p> : <p class="faint">No description.</p>}
                    {entry.columns.length > 0 && (
                      <details open={words.length > 0}>
                        <summary>{plural(entry.columns.length, "column")}</summary>
                        <dl class="columns">
                          {entry.columns.map((column) => (
                            <div key={column.name}>
                              <dt class="mono">
                                {column.name} {column.type && <span class="faint">{column.type}</span>}
                              </dt>
                              <dd>{column.description}</dd>
                            </div>
                          ))}
                        </dl>
                      </details>
                    )}
                  </article>
                ))}
              </div>
              {shown.length > most && <p class="faint">The first {most}; search for the others.</p>}
            </>
          );
        }}
      </Gate>
    </>
  );
}
