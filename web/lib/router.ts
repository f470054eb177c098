import { computed, signal } from "@preact/signals";

/** The address in the bar: every state of a page that is worth a link is in it. */
export const address = signal(read());

function read(): { path: string; query: URLSearchParams } {
  return { path: location.pathname, query: new URLSearchParams(location.search) };
}

/** As the address has it: its parts are encoded. */
export const path = computed(() => address.value.path);

addEventListener("popstate", () => {
  address.value = read();
});

/** Goes to an address of ours. `replace`: typing and sorting are no steps to go back to. */
export function go(url: string, options: { replace?: boolean } = {}): void {
  if (url === location.pathname + location.search) return;
  history[options.replace ? "replaceState" : "pushState"](null, "", url);
  const before = address.value.path;
  address.value = read();
  if (address.value.path !== before) scrollTo(0, 0);
}

export const queryValue = (name: string): string => address.value.query.get(name) ?? "";

export const queryValues = (name: string): string[] => address.value.query.getAll(name);

/** Changes parts of the query; empty values leave it, a list is there once for each. */
export function setQuery(values: Record<string, string | string[]>, options: { push?: boolean } = {}): void {
  const query = new URLSearchParams(address.value.query);
  for (const [name, value] of Object.entries(values)) {
    query.delete(name);
    for (const each of [value].flat()) if (each !== "") query.append(name, each);
  }
  const text = query.toString();
  go(location.pathname + (text === "" ? "" : `?${text}`), { replace: !options.push });
}

/** Links of our own change the page without loading it. */
addEventListener("click", (event) => {
  const link = (event.target as Element).closest?.("a");
  if (!link || event.defaultPrevented || event.button !== 0) return;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  if (link.target !== "" || link.origin !== location.origin || link.hasAttribute("download")) return;
  // To a place on this page: the browser goes there, and the focus with it.
  if (link.getAttribute("href")?.startsWith("#")) return;
  if (link.pathname.startsWith("/api/") || link.pathname === "/metrics") return;
  event.preventDefault();
  go(link.pathname + link.search);
});

const part = encodeURIComponent;
export const links = {
  lab: (lab: string, tab = "") => `/labs/${part(lab)}${tab === "" ? "" : `?tab=${tab}`}`,
  run: (run: string) => `/runs/${part(run)}`,
  /** A model or test among those of a run. */
  runNode: (run: string, name: string) => `/runs/${part(run)}?${new URLSearchParams({ tab: "nodes", q: name })}`,
  table: (lab: string, table: string) => `/labs/${part(lab)}/tables/${part(table)}`,
  node: (lab: string, node: string) => `/labs/${part(lab)}?tab=graph&node=${part(node)}`,
  query: (lab: string, sql = "") => `/query?lab=${part(lab)}${sql === "" ? "" : `&sql=${part(sql)}`}`,
  /** `tab` and the rest of the state of a table's page. */
  tableTab: (lab: string, table: string, state: Record<string, string>) =>
    `/labs/${part(lab)}/tables/${part(table)}?${new URLSearchParams(state)}`,
  changes: (lab: string, table: string, before: string, after: string) =>
    `/labs/${part(lab)}/tables/${part(table)}?${new URLSearchParams({ tab: "changes", before, after })}`,
  diff: (lab: string, before: string, after: string) =>
    `/labs/${part(lab)}/diff?${new URLSearchParams({ before, after })}`,
  quarantine: (lab: string) => `/quarantine?lab=${part(lab)}`,
};
