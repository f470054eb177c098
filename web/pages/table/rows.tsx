import { useEffect, useRef, useState } from "preact/hooks";
import type { Grid, Problem } from "../../../src/server/types.ts";
import { ApiError, get } from "../../lib/api.ts";
import { count, plural } from "../../lib/format.ts";
import { queryValue, queryValues, setQuery } from "../../lib/router.ts";
import { Empty, ErrorBox } from "../../parts/basic.tsx";
import { CellText, isNumeric } from "../../parts/grid.tsx";
import { placeOf, rowHeight, tallest } from "../../parts/virtual.ts";

const page = 200;
/** Pages that are kept; others are asked for again. */
const keptPages = 30;

/** A table of any length: only the rows in sight are there, sorted and filtered by the server, and come page by page. */
export default function Rows({ api }: { api: string }) {
  const [sort, descending] = [queryValue("sort"), queryValue("desc") !== ""];
  const filters = queryValues("filter");
  const query = new URLSearchParams();
  if (sort) query.set("sort", sort);
  if (sort && descending) query.set("descending", "true");
  for (const filter of filters) query.append("filter", filter);
  const text = query.toString();
  const [pages, setPages] = useState<ReadonlyMap<number, Grid>>(new Map());
  const [head, setHead] = useState<Grid>();
  const [problem, setProblem] = useState<Problem>();
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(560);
  const box = useRef<HTMLDivElement>(null);
  const asked = useRef(new Map<number, AbortController>());
  const load = (n: number) => {
    const flying = asked.current;
    if (flying.has(n)) return;
    const stop = new AbortController();
    flying.set(n, stop);
    get<Grid>(`${api}/rows?limit=${page}&offset=${n * page}${text && `&${text}`}`, stop.signal)
      .then(
        (grid) => {
          setHead(grid);
          setPages((before) => new Map([...[...before].slice(-keptPages), [n, grid]]));
        },
        (error: unknown) => {
          if (error instanceof ApiError) setProblem(error.problem);
        },
      )
      .finally(() => flying.delete(n));
  };
  useEffect(() => {
    const own = new Map<number, AbortController>();
    asked.current = own;
    setPages(new Map());
    setProblem(undefined);
    box.current?.scrollTo({ top: 0 });
    setTop(0);
    load(0);
    return () => {
      for (const stop of own.values()) stop.abort();
    };
  }, [api, text]);
  const total = head?.total ?? 0;
  const { first, last, above, below } = placeOf(top, height, total);
  const [from, to] = [Math.floor(first / page), Math.floor(Math.max(first, last - 1) / page)];
  useEffect(() => {
    if (!head) return;
    // Somebody who drags the bar passes many pages by: only where they stay is asked for.
    const timer = setTimeout(() => {
      for (const [n, stop] of asked.current) if (n < from || n > to) stop.abort();
      for (let n = from; n <= to; n++) if (!pages.has(n)) load(n);
    }, 60);
    return () => clearTimeout(timer);
  }, [from, to, head !== undefined, pages]);
  const columns = head?.columns ?? [];
  return (
    <>
      <Filters columns={columns.map(({ name }) => name)} filters={filters}>
        <span class="faint small" aria-live="polite">
          {head ? plural(total, "row") : "…"}
        </span>
        <span class="faint small end">{head && `Published version ${head.version}`}</span>
      </Filters>
      {problem ? (
        <ErrorBox problem={problem} />
      ) : head && total === 0 ? (
        <Empty title="No rows fit">Take a filter away.</Empty>
      ) : (
        <div
          ref={box}
          class="scroll virtual"
          role="region"
          aria-label="Rows"
          // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls
          tabIndex={0}
          onScroll={(event) => {
            setTop(event.currentTarget.scrollTop);
            setHeight(event.currentTarget.clientHeight);
          }}
        >
          <table class="grid data" aria-rowcount={total}>
            <thead>
              <tr>
                <th class="right faint">#</th>
                {columns.map((column) => (
                  <Heading key={column.name} {...column} on={sort === column.name} down={descending} />
                ))}
              </tr>
            </thead>
            <tbody>
              <tr class="spacer" style={{ height: `${above}px` }} aria-hidden="true" />
              {Array.from({ length: last - first }, (_, i) => {
                const at = first + i;
                const row = pages.get(Math.floor(at / page))?.rows[at % page];
                return (
                  <tr key={at} style={{ height: `${rowHeight}px` }} aria-rowindex={at + 1}>
                    <td class="right faint">{count(at + 1)}</td>
                    {columns.map(({ name, type }, j) => (
                      <td key={name} class={isNumeric(type) ? "right" : ""}>
                        {row ? <CellText value={row[j] ?? null} /> : <span class="ghost" />}
                      </td>
                    ))}
                  </tr>
                );
              })}
              <tr class="spacer" style={{ height: `${below}px` }} aria-hidden="true" />
            </tbody>
          </table>
        </div>
      )}
      {total * rowHeight > tallest && (
        <p class="faint small">One pixel of the scroll bar is several rows here; the arrow keys go row by row.</p>
      )}
    </>
  );
}

function Heading({ name, type, on, down }: { name: string; type: string; on: boolean; down: boolean }) {
  return (
    <th
      class={isNumeric(type) ? "right" : ""}
      title={type}
      aria-sort={on ? (down ? "descending" : "ascending") : undefined}
    >
      <button
        type="button"
        class={on ? "sorted" : ""}
        onClick={() =>
          setQuery(!on ? { sort: name, desc: "" } : down ? { sort: "", desc: "" } : { sort: name, desc: "1" })
        }
      >
        {name}
        <span class="arrow" aria-hidden="true">
          {on && down ? "↓" : "↑"}
        </span>
      </button>
    </th>
  );
}

function Filters({
  columns,
  filters,
  children,
}: {
  columns: string[];
  filters: string[];
  children: preact.ComponentChildren;
}) {
  const [column, setColumn] = useState("");
  const [word, setWord] = useState("");
  const chosen = column || columns[0] || "";
  const add = (event: Event) => {
    event.preventDefault();
    if (word === "" || chosen === "") return;
    setQuery({ filter: [...filters, `${chosen}~${word}`] });
    setWord("");
  };
  return (
    <form class="graph-bar" onSubmit={add}>
      <label class="pick">
        <span class="hidden">Column to filter</span>
        <select value={chosen} onChange={(event) => setColumn(event.currentTarget.value)}>
          {columns.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      </label>
      <input
        class="search"
        type="search"
        placeholder="contains, or =, >, <= …"
        aria-label="What the column contains, or what it is compared with"
        value={word}
        onInput={(event) => setWord(event.currentTarget.value)}
      />
      <button type="submit" class="button small" disabled={word === ""}>
        Filter
      </button>
      {filters.map((filter) => {
        const at = filter.indexOf("~");
        const [of, value] = [filter.slice(0, at), filter.slice(at + 1)];
        return (
          <button
            key={filter}
            type="button"
            class="chip"
            title="Take this filter away"
            onClick={() => setQuery({ filter: filters.filter((other) => other !== filter) })}
          >
            {of} {/^\s*[=<>]/.test(value) ? value : `contains ${value}`} <span aria-hidden="true">✕</span>
          </button>
        );
      })}
      {children}
    </form>
  );
}
