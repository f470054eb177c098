import { signal } from "@preact/signals";
import { type ComponentType, render } from "preact";
import { useEffect, useErrorBoundary, useState } from "preact/hooks";
import { ApiError, begin, session } from "./lib/api.ts";
import { listenToKeys } from "./lib/keys.ts";
import { labs, loadLabs, progress, putLab, steps, urgency } from "./lib/labs.ts";
import { connected, listen, throttled, useLive } from "./lib/live.ts";
import { path } from "./lib/router.ts";
import { cycleTheme, theme } from "./lib/theme.ts";
import { Broken, Empty, ErrorBox, Loading, Toasts } from "./parts/basic.tsx";
import { Overlay, overlay, pages } from "./parts/palette.tsx";
import { SignIn, signOut } from "./parts/sign-in.tsx";
import type { Problem } from "../src/server/types.ts";

// biome-ignore lint/suspicious/noExplicitAny: each page has props of its own
type Page = ComponentType<any>;
/** Pages by address; each is loaded when it is first used. */
const routes: { at: RegExp; load: () => Promise<{ default: Page }>; props?: string[]; title: string }[] = [
  { at: /^\/$/, load: () => import("./pages/labs.tsx"), title: "Labs" },
  { at: /^\/labs\/([^/]+)$/, load: () => import("./pages/lab.tsx"), props: ["name"], title: "Lab" },
  { at: /^\/labs\/([^/]+)\/diff$/, load: () => import("./pages/diff.tsx"), props: ["lab"], title: "What changed" },
  {
    at: /^\/labs\/([^/]+)\/tables\/([^/]+)$/,
    load: () => import("./pages/table.tsx"),
    props: ["lab", "table"],
    title: "Table",
  },
  { at: /^\/runs$/, load: () => import("./pages/runs.tsx"), title: "Runs" },
  { at: /^\/runs\/([^/]+)$/, load: () => import("./pages/run.tsx"), props: ["id"], title: "Run" },
  { at: /^\/quarantine$/, load: () => import("./pages/quarantine.tsx"), title: "Quarantine" },
  { at: /^\/query$/, load: () => import("./pages/query.tsx"), title: "Query" },
  { at: /^\/alerts$/, load: () => import("./pages/alerts.tsx"), title: "Alerts" },
  { at: /^\/health$/, load: () => import("./pages/health.tsx"), title: "Health" },
  { at: /^\/docs$/, load: () => import("./pages/docs.tsx"), title: "Docs" },
];
const loaded = signal<Map<RegExp, Page>>(new Map());

/** The page of an address with the names in it; undefined when there is none, or it cannot be read. */
function routeOf(at: string): { route: (typeof routes)[number]; values: string[] } | undefined {
  for (const route of routes) {
    const parts = route.at.exec(at)?.slice(1);
    if (!parts) continue;
    try {
      return { route, values: parts.map(decodeURIComponent) };
    } catch {
      return undefined;
    }
  }
  return undefined;
}

function Content() {
  const found = routeOf(path.value);
  const { route, values } = found ?? { values: [] };
  const page = route && loaded.value.get(route.at);
  const [broken, setBroken] = useState<unknown>();
  const [thrown] = useErrorBoundary();
  useEffect(() => {
    setBroken(undefined);
    document.title = `${[route?.title, ...values].filter(Boolean).join(" · ") || "Not found"} – BuildCPG Labs`;
    if (!route || page) return;
    route.load().then(({ default: own }) => {
      loaded.value = new Map([...loaded.value, [route.at, own]]);
    }, setBroken);
  }, [path.value]);
  if (!route)
    return (
      <Empty title="There is no such page">
        <a href="/">Back to the labs</a>
      </Empty>
    );
  if (thrown ?? broken) return <Broken error={thrown ?? broken} />;
  if (!page) return <Loading />;
  const props = Object.fromEntries((route.props ?? []).map((name, i) => [name, values[i]]));
  const Own = page;
  return <Own {...props} />;
}

const icons: Record<string, string> = {
  "/": "M4 5h16M4 12h16M4 19h16",
  "/runs": "M6 4l13 8-13 8z",
  "/alerts": "M6 16V11a6 6 0 0 1 12 0v5l2 2H4zM10 21h4",
  "/quarantine": "M12 3l9 16H3zM12 10v4M12 16.500v.5",
  "/query": "M4 6l6 6-6 6M12 18h8",
  "/docs": "M5 4h11l3 3v13H5zM9 10h6M9 14h6",
  "/health": "M3 12h4l3-7 4 14 3-7h4",
};

function Shell() {
  useLive((event) => {
    if (event.type === "lab") putLab(event.lab);
    else if (event.type === "nodes")
      progress.value = { ...progress.value, [event.lab]: { done: event.done, total: event.total } };
    else if (event.type === "step" && event.state === "running")
      steps.value = { ...steps.value, [event.lab]: event.step };
    else if (event.type === "reset") void loadLabs();
  }, []);
  const trouble = labs.value?.filter((lab) => urgency(lab) === 0).length ?? 0;
  const at = path.value;
  const active = (own: string) => (own === "/" ? at === "/" || at.startsWith("/labs/") : at.startsWith(own));
  const { who, readOnly, workspace, version } = session.value ?? {};
  return (
    <>
      <a class="skip" href="#content">
        To the content
      </a>
      <header class="top">
        <img src="/assets/icon.svg" alt="" width="22" height="22" />
        <strong>{workspace}</strong>
        <button type="button" class="button small end" onClick={() => (overlay.value = "palette")}>
          Search
        </button>
        {session.value?.needsToken && (
          <button type="button" class="button small" onClick={() => void signOut()}>
            Sign out
          </button>
        )}
      </header>
      <nav class="side" aria-label="Pages">
        <a class="brand" href="/">
          <img src="/assets/icon.svg" alt="" width="26" height="26" />
          <span>
            <strong>Labs</strong>
            <small title={`Workspace ${workspace}`}>{workspace}</small>
          </span>
        </a>
        {pages.map(({ path: own, name }) => (
          <a key={own} href={own} class="nav" aria-current={active(own) ? "page" : undefined}>
            <svg width="18" height="18" viewBox="0 0 24 24" aria-hidden="true">
              <path d={icons[own]} />
            </svg>
            <span>{name}</span>
            {own === "/" && trouble > 0 && (
              <span class="badge" title={`${trouble} with problems`}>
                {trouble}
              </span>
            )}
          </a>
        ))}
        <div class="foot">
          <button type="button" class="button small" onClick={() => (overlay.value = "palette")}>
            Search <kbd>Ctrl</kbd>
            <kbd>K</kbd>
          </button>
          <button type="button" class="button small" onClick={cycleTheme} title="Light, dark or as the system (t)">
            Theme: {theme.value}
          </button>
          <button type="button" class="link small" onClick={() => (overlay.value = "shortcuts")}>
            Shortcuts <kbd>?</kbd>
          </button>
          {session.value?.needsToken && (
            <button type="button" class="link small" onClick={() => void signOut()}>
              Sign out
            </button>
          )}
          <p class="small faint">
            {who === "local" ? "This machine" : who}
            {readOnly ? ", only to look" : ""} · {version}
          </p>
        </div>
      </nav>
      <main id="content" tabIndex={-1}>
        {!connected.value && (
          <p class="callout warn" role="status">
            The server does not answer. What you see may be old; this page goes on by itself.
          </p>
        )}
        <Content key={path.value} />
      </main>
      <Toasts />
      <Overlay />
    </>
  );
}

const problem = signal<Problem | undefined>(undefined);

function App() {
  if (!session.value)
    return problem.value ? (
      <main class="sign-in">
        <ErrorBox problem={problem.value} retry={() => void start()} />
      </main>
    ) : (
      <Loading />
    );
  return session.value.who === null ? <SignIn problem={problem} start={start} /> : <Shell />;
}

let listening = false;
async function start(): Promise<void> {
  problem.value = undefined;
  try {
    await begin();
  } catch (error) {
    if (error instanceof ApiError) problem.value = error.problem;
    return;
  }
  if (session.value?.who == null || listening) return;
  listening = true;
  listen();
  listenToKeys();
  await loadLabs();
  // Another tab may have the stream: what it missed before this one listened is asked for when this one is looked at.
  const again = throttled(() => void loadLabs(), 30_000);
  addEventListener("visibilitychange", () => document.visibilityState === "visible" && again());
}

render(<App />, document.getElementById("app") as HTMLElement);
void start();
