import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { RunEvent, RunEvents } from "../../../src/server/types.ts";
import { get } from "../../lib/api.ts";
import { exactTime, logTime, plural } from "../../lib/format.ts";
import { useLive } from "../../lib/live.ts";
import { links, queryValue, setQuery } from "../../lib/router.ts";
import { Empty, Loading } from "../../parts/basic.tsx";
import { Pick } from "../../parts/pickers.tsx";

const levels = ["debug", "info", "warn", "error"];
const words = { debug: "everything", info: "info and worse", warn: "warn and worse", error: "errors" };
const page = 2000;

/** The log as it grows: what is new is asked for when the event stream says that there is something. Each line has a link. */
export function Log({ run, live }: { run: string; live: boolean }) {
  const [events, setEvents] = useState<RunEvent[]>();
  const [follow, setFollow] = useState(true);
  const next = useRef(-1);
  const busy = useRef(false);
  const again = useRef(false);
  const box = useRef<HTMLDivElement>(null);
  const more = useMemo(() => {
    next.current = -1;
    const ask = async (): Promise<void> => {
      again.current = busy.current;
      if (busy.current) return;
      busy.current = true;
      try {
        const found = await get<RunEvents>(
          `/runs/${encodeURIComponent(run)}/events?after=${next.current}&limit=${page}`,
        );
        next.current = found.next ?? next.current;
        setEvents((before) => [...(before ?? []), ...found.events]);
        if (found.events.length === page) again.current = true;
      } finally {
        busy.current = false;
        if (again.current) queueMicrotask(() => void ask().catch(() => {}));
      }
    };
    return ask;
  }, [run]);
  useEffect(() => void more().catch(() => setEvents([])), [more]);
  // The last lines are written after the run has ended.
  useEffect(() => {
    if (!live) void more().catch(() => {});
  }, [live]);
  useLive(
    (event) => {
      if ((event.type === "run" && event.run === run) || event.type === "reset") void more().catch(() => {});
    },
    [run],
  );
  const level = queryValue("level") || "debug";
  const step = queryValue("step");
  const search = queryValue("q").toLowerCase();
  const line = queryValue("line");
  const shown = (events ?? []).filter(
    (event) =>
      levels.indexOf(event.level) >= levels.indexOf(level) &&
      (step === "" || event.step === step) &&
      event.text.toLowerCase().includes(search),
  );
  useEffect(() => {
    if (live && follow && line === "") box.current?.scrollTo({ top: box.current.scrollHeight });
  }, [shown.length, live, follow, line]);
  const there = shown.some(({ seq }) => String(seq) === line);
  useEffect(() => {
    if (there) box.current?.querySelector(`[id="line-${CSS.escape(line)}"]`)?.scrollIntoView({ block: "center" });
  }, [line, there]);
  if (events === undefined) return <Loading />;
  const steps = [...new Set(events.map((event) => event.step ?? ""))].filter(Boolean);
  return (
    <>
      <div class="graph-bar">
        <input
          class="search"
          type="search"
          placeholder="Filter the log"
          aria-label="Filter the log"
          value={queryValue("q")}
          onInput={(event) => setQuery({ q: event.currentTarget.value })}
        />
        <Pick name="level" label="Level" values={levels} words={words} value={level} />
        <Pick name="step" label="Step" values={steps} all="Every step" />
        <span class="faint small">{plural(shown.length, "line")}</span>
        {live && (
          <label class="check">
            <input
              type="checkbox"
              checked={follow && line === ""}
              onChange={(event) => {
                setFollow(event.currentTarget.checked);
                setQuery({ line: "" });
              }}
            />{" "}
            Follow
          </label>
        )}
      </div>
      {shown.length === 0 ? (
        <Empty title={events.length === 0 ? "Nothing was logged yet" : "No line fits"} />
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls
        <div class="log" ref={box} tabIndex={0} role="log" aria-label="Log of the run">
          {shown.map((event) => (
            <p
              key={event.seq}
              id={`line-${event.seq}`}
              class={`${event.level}${String(event.seq) === line ? " linked" : ""}`}
            >
              <a
                class="plain"
                href={`${links.run(run)}?${new URLSearchParams({ tab: "log", ...(step && { step }), ...(queryValue("level") && { level }), ...(search && { q: search }), line: String(event.seq) })}`}
                aria-label={`Link to the line of ${logTime(event.time)}`}
              >
                <time dateTime={event.time} title={exactTime(event.time)}>
                  {logTime(event.time)}
                </time>
              </a>
              <span class="step">{event.step}</span>
              <span class="pre">{event.text}</span>
            </p>
          ))}
        </div>
      )}
    </>
  );
}
