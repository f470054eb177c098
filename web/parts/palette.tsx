import { signal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { pauseLab, resumeLab, runLab } from "../lib/actions.ts";
import { mayAct, session } from "../lib/api.ts";
import { labs } from "../lib/labs.ts";
import { go, links } from "../lib/router.ts";
import { loadTableNames, tableNames } from "../lib/table-names.ts";
import { cycleTheme } from "../lib/theme.ts";
import { signOut } from "./sign-in.tsx";

/** What is open above the page. */
export const overlay = signal<"palette" | "shortcuts" | undefined>(undefined);

interface Choice {
  name: string;
  kind: string;
  do: () => void;
}

export const pages: { path: string; name: string; key: string }[] = [
  { path: "/", name: "Labs", key: "l" },
  { path: "/runs", name: "Runs", key: "r" },
  { path: "/alerts", name: "Alerts", key: "a" },
  { path: "/quarantine", name: "Quarantine", key: "q" },
  { path: "/query", name: "Query", key: "s" },
  { path: "/docs", name: "Docs", key: "d" },
  { path: "/health", name: "Health", key: "h" },
];

function choices(tables: Choice[]): Choice[] {
  const all = labs.value ?? [];
  return [
    ...pages.map(({ path, name }) => ({ name, kind: "page", do: () => go(path) })),
    ...all.map(({ name }) => ({ name, kind: "lab", do: () => go(links.lab(name)) })),
    ...all.map(({ name }) => ({ name: `${name} graph`, kind: "lab", do: () => go(links.lab(name, "graph")) })),
    ...(mayAct()
      ? all
          .filter(({ name }) => mayAct(name))
          .flatMap((lab) => [
            { name: `Run ${lab.name}`, kind: "action", do: () => void runLab(lab.name) },
            lab.paused
              ? { name: `Resume ${lab.name}`, kind: "action", do: () => void resumeLab(lab.name) }
              : { name: `Pause ${lab.name}`, kind: "action", do: () => void pauseLab(lab.name) },
          ])
      : []),
    { name: "Light or dark", kind: "action", do: cycleTheme },
    ...(session.value?.needsToken ? [{ name: "Sign out", kind: "action", do: () => void signOut() }] : []),
    { name: "Keyboard shortcuts", kind: "action", do: () => (overlay.value = "shortcuts") },
    ...tables,
  ];
}

/** Letters in their order, wherever they stand; whole words and beginnings come first. */
export function rank(text: string, search: string): number {
  const [name, wanted] = [text.toLowerCase(), search.toLowerCase()];
  if (wanted === "") return 1;
  const at = name.indexOf(wanted);
  if (at === 0) return 4;
  if (at > 0) return /\W|_/.test(name[at - 1] ?? "") ? 3 : 2;
  let from = 0;
  for (const letter of wanted.replace(/\s/g, "")) {
    from = name.indexOf(letter, from) + 1;
    if (from === 0) return 0;
  }
  return 1;
}

function Palette() {
  const [search, setSearch] = useState("");
  const [at, setAt] = useState(0);
  const list = useRef<HTMLUListElement>(null);
  useEffect(() => void loadTableNames(), []);
  const tables = tableNames.value.map(
    ({ lab, table }): Choice => ({ name: `${table} · ${lab}`, kind: "table", do: () => go(links.table(lab, table)) }),
  );
  const shown = choices(tables)
    .map((choice) => ({ ...choice, rank: rank(choice.name, search) }))
    .filter((choice) => choice.rank > 0)
    .sort((a, b) => b.rank - a.rank)
    .slice(0, 40);
  const pick = (choice: Choice | undefined) => {
    overlay.value = undefined;
    choice?.do();
  };
  useEffect(() => list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" }), [at]);
  return (
    <div class="palette">
      <input
        // biome-ignore lint/a11y/noAutofocus: it was opened to type into it
        autofocus
        role="combobox"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-activedescendant={`choice-${at}`}
        aria-label="Go to, or do"
        placeholder="Go to a lab, a table, a page, or do something"
        value={search}
        onInput={(event) => {
          setSearch(event.currentTarget.value);
          setAt(0);
        }}
        onKeyDown={(event) => {
          if (event.key === "ArrowDown") setAt(Math.min(at + 1, shown.length - 1));
          else if (event.key === "ArrowUp") setAt(Math.max(at - 1, 0));
          else if (event.key === "Enter") pick(shown[at]);
          else return;
          event.preventDefault();
        }}
      />
      <ul id="palette-list" role="listbox" aria-label="Choices" ref={list}>
        {shown.map((choice, i) => (
          <li
            key={choice.kind + choice.name}
            id={`choice-${i}`}
            role="option"
            aria-selected={i === at}
            onMouseMove={() => setAt(i)}
            onClick={() => pick(choice)}
          >
            {choice.name} <span class="faint small">{choice.kind}</span>
          </li>
        ))}
        {shown.length === 0 && <li class="faint">Nothing fits.</li>}
      </ul>
    </div>
  );
}

const shortcuts: [string, string][] = [
  ["Ctrl K", "Command palette"],
  ["/", "Search on this page"],
  ["?", "This list"],
  ...pages.map(({ key, name }): [string, string] => [`g ${key}`, name]),
  ["t", "Light, dark or as the system"],
  ["Ctrl Enter", "Run the query"],
  ["↑ ↓", "Between the rows of a table; Enter opens"],
  ["← →", "Between tabs, when one has the focus"],
  ["Esc", "Close"],
];

function Shortcuts() {
  return (
    <div class="shortcuts">
      <h2>Keyboard</h2>
      <dl class="pairs">
        {shortcuts.map(([keys, does]) => (
          <>
            <dt key={keys}>
              {keys.split(" ").map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{does}</dd>
          </>
        ))}
      </dl>
    </div>
  );
}

/** The one dialog of the page; the browser keeps the focus in it and gives it back. */
export function Overlay() {
  const dialog = useRef<HTMLDialogElement>(null);
  const open = overlay.value;
  // Before the next key is pressed: what is typed right after Ctrl K belongs into the field.
  useLayoutEffect(() => {
    const element = dialog.current;
    if (!element) return;
    if (open && !element.open) {
      element.showModal();
      element.querySelector("input")?.focus();
    }
    if (!open && element.open) element.close();
  }, [open]);
  return (
    <dialog
      ref={dialog}
      aria-label={open === "shortcuts" ? "Keyboard shortcuts" : "Command palette"}
      onClose={() => {
        overlay.value = undefined;
      }}
      onClick={(event) => {
        if (event.target === dialog.current) overlay.value = undefined;
      }}
    >
      {open === "palette" && <Palette />}
      {open === "shortcuts" && <Shortcuts />}
    </dialog>
  );
}
