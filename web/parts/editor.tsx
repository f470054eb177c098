import { autocompletion, type CompletionContext, completionKeymap, acceptCompletion } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { type SQLConfig, sql, SQLDialect, StandardSQL } from "@codemirror/lang-sql";
import { bracketMatching, HighlightStyle, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { Compartment, EditorState, Prec } from "@codemirror/state";
import { drawSelection, EditorView, keymap, lineNumbers, placeholder } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { useEffect, useRef } from "preact/hooks";
import type { Catalogue } from "../../src/server/types.ts";

/** What a page may do with an editor that is there. */
export interface EditorHandle {
  /** What is selected; all of it when nothing is. */
  selected: () => string;
  insert: (text: string) => void;
  replace: (text: string) => void;
}

const colours = HighlightStyle.define([
  { tag: [tags.keyword, tags.operatorKeyword], color: "var(--accent)" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--good)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--busy)" },
  { tag: [tags.lineComment, tags.blockComment], color: "var(--faint)", fontStyle: "italic" },
  { tag: tags.standard(tags.name), color: "var(--warn)" },
]);

const look = EditorView.theme({
  "&": { fontSize: "13px", color: "var(--text)", background: "var(--card)", borderRadius: "7px" },
  "&.cm-focused": { outline: "2px solid var(--accent)", outlineOffset: "1px" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.55", minHeight: "180px", maxHeight: "50vh" },
  ".cm-content": { caretColor: "var(--text)", padding: "8px 0" },
  ".cm-cursor": { borderLeftColor: "var(--text)" },
  ".cm-gutters": { background: "none", color: "var(--faint)", border: "0" },
  ".cm-placeholder": { color: "var(--faint)" },
  ".cm-matchingBracket": { background: "var(--raised)", outline: "1px solid var(--line-strong)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    background: "var(--busy-bg)",
  },
  ".cm-tooltip": {
    background: "var(--card)",
    border: "1px solid var(--line-strong)",
    borderRadius: "7px",
    overflow: "hidden",
    boxShadow: "0 8px 24px #0004",
  },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: "var(--mono)", maxHeight: "16em" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li": { padding: "3px 10px" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": { background: "var(--raised)", color: "var(--text)" },
  ".cm-completionDetail": { color: "var(--faint)", fontStyle: "normal", marginLeft: "12px" },
  ".cm-completionIcon": { color: "var(--faint)" },
});

/** SQL as DuckDB knows it, with what a lab has published. */
function language(catalogue: Catalogue | undefined) {
  const dialect = SQLDialect.define({
    ...StandardSQL.spec,
    keywords: (catalogue?.keywords ?? []).join(" ") || StandardSQL.spec.keywords || "",
    builtin: (catalogue?.functions ?? []).join(" "),
    doubleDollarQuotedStrings: true,
    operatorChars: "*+-%<>!=&|~^/:",
  });
  const schema: Record<string, Record<string, { label: string; detail: string; type: string }[]>> = {};
  for (const { schema: of, name, columns } of catalogue?.tables ?? [])
    (schema[of] ??= {})[name] = columns.map((column) => ({
      label: column.name,
      detail: column.type,
      type: "property",
    }));
  const config: SQLConfig = { dialect, schema };
  return [sql(config), dialect.language.data.of({ autocomplete: bare(catalogue) })];
}

/** Columns of the tables that the text names, tables without their schema, and functions. */
function bare(catalogue: Catalogue | undefined) {
  return (context: CompletionContext) => {
    const word = context.matchBefore(/\w+/);
    if (!word || context.state.sliceDoc(word.from - 1, word.from) === ".") return null;
    const text = context.state.doc.toString().toLowerCase();
    const tables = catalogue?.tables ?? [];
    const named = tables.filter(({ name }) => text.includes(name.toLowerCase()));
    return {
      from: word.from,
      validFor: /^\w*$/,
      options: [
        ...named.flatMap(({ name, columns }) =>
          columns.map((column) => ({
            label: column.name,
            detail: `${column.type}, ${name}`,
            type: "property",
            boost: 2,
          })),
        ),
        ...tables.map(({ schema, name }) => ({ label: `${schema}.${name}`, type: "class", boost: 1 })),
        ...tables.map(({ schema, name }) => ({
          label: name,
          detail: schema,
          apply: `${schema}.${name}`,
          type: "class",
        })),
        ...(catalogue?.functions ?? []).map((name) => ({ label: name, detail: "()", type: "function", boost: -1 })),
      ],
    };
  };
}

/** The SQL editor. It lives in a shadow root: there its style sheets are objects, which the page's policy allows. */
export default function Editor({
  initial,
  catalogue,
  onChange,
  onRun,
  onReady,
}: {
  initial: string;
  catalogue: Catalogue | undefined;
  onChange: (text: string) => void;
  onRun: () => void;
  onReady: (handle: EditorHandle) => void;
}) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);
  const known = useRef(new Compartment());
  const latest = useRef({ onChange, onRun });
  latest.current = { onChange, onRun };
  useEffect(() => {
    const element = host.current as HTMLDivElement;
    const root = element.shadowRoot ?? element.attachShadow({ mode: "open" });
    const run = () => {
      latest.current.onRun();
      return true;
    };
    const own = new EditorView({
      root,
      parent: root,
      state: EditorState.create({
        doc: initial,
        extensions: [
          Prec.highest(
            keymap.of([
              { key: "Mod-Enter", run },
              { key: "Tab", run: acceptCompletion },
            ]),
          ),
          lineNumbers(),
          history(),
          drawSelection(),
          bracketMatching(),
          indentUnit.of("  "),
          autocompletion({ activateOnTyping: true, maxRenderedOptions: 60 }),
          keymap.of([...completionKeymap, ...historyKeymap, ...defaultKeymap]),
          syntaxHighlighting(colours),
          look,
          placeholder("select *\nfrom …"),
          EditorView.lineWrapping,
          EditorView.contentAttributes.of({ "aria-label": "SQL", spellcheck: "false" }),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) latest.current.onChange(update.state.doc.toString());
          }),
          known.current.of(language(catalogue)),
        ],
      }),
    });
    view.current = own;
    onReady({
      selected: () => {
        const { from, to } = own.state.selection.main;
        return own.state.sliceDoc(...(to > from ? ([from, to] as const) : ([0, own.state.doc.length] as const)));
      },
      insert: (text) => {
        own.dispatch(own.state.replaceSelection(text));
        own.focus();
      },
      replace: (text) => {
        own.dispatch({ changes: { from: 0, to: own.state.doc.length, insert: text } });
        own.focus();
      },
    });
    return () => own.destroy();
  }, []);
  useEffect(() => {
    view.current?.dispatch({ effects: known.current.reconfigure(language(catalogue)) });
  }, [catalogue]);
  return <div class="editor-box" ref={host} />;
}
