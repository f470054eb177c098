import { useState } from "preact/hooks";
import type { SavedQueries } from "../../../src/server/types.ts";
import { act } from "../../lib/actions.ts";
import { mayAct, post, remove } from "../../lib/api.ts";
import { queryValue, setQuery } from "../../lib/router.ts";

export type SavedQuery = SavedQueries["queries"][number];

/** Queries that are kept in the workspace: open, keep, rename, remove. */
export function Saved({
  lab,
  sql,
  list,
  onList,
  onOpen,
}: {
  lab: string;
  sql: string;
  list: readonly SavedQuery[];
  onList: (list: SavedQuery[]) => void;
  onOpen: (query: SavedQuery) => void;
}) {
  const open = list.find(({ name }) => name === queryValue("saved"));
  const [name, setName] = useState<string>();
  const [sure, setSure] = useState(false);
  const changed = open !== undefined && (open.sql !== sql.trimEnd() || open.lab !== lab);
  const save = async (as: string, was?: string) => {
    const answer = await act(was && was !== as ? `It is called ${as} now.` : `${as} is kept in shared/queries.`, () =>
      post<SavedQueries>("/queries", {
        name: as,
        lab,
        sql,
        ...(was !== undefined && { was }),
        ...(was === as && { replace: true }),
      }),
    );
    if (!answer) return;
    onList(answer.queries);
    setName(undefined);
    setQuery({ saved: as });
  };
  const drop = async (gone: string) => {
    const answer = await act(`${gone} is removed.`, () => remove<SavedQueries>(`/queries/${encodeURIComponent(gone)}`));
    if (!answer) return;
    onList(answer.queries);
    setSure(false);
    setQuery({ saved: "" });
  };
  return (
    <section class="saved" aria-label="Kept queries">
      <h2>Kept queries</h2>
      {list.length === 0 ? (
        <p class="faint small">None yet. They are files in shared/queries of the workspace.</p>
      ) : (
        <ul class="plain-list">
          {list.map((query) => (
            <li key={query.name}>
              <button
                type="button"
                class="link"
                aria-current={query === open ? "true" : undefined}
                onClick={() => onOpen(query)}
              >
                {query.name}
              </button>{" "}
              {query.lab !== lab && <span class="faint small">{query.lab ?? "any lab"}</span>}
            </li>
          ))}
        </ul>
      )}
      {mayAct(lab) &&
        (name === undefined ? (
          <p class="buttons">
            {open && changed && (
              <button type="button" class="button small" onClick={() => void save(open.name, open.name)}>
                Save
              </button>
            )}
            <button
              type="button"
              class="button small"
              disabled={sql.trim() === ""}
              onClick={() => setName(open?.name ?? "")}
            >
              {open ? "Rename, or keep a copy" : "Keep this query"}
            </button>
            {open &&
              (sure ? (
                <>
                  <button type="button" class="button small danger" onClick={() => void drop(open.name)}>
                    Remove {open.name} for everybody
                  </button>
                  <button type="button" class="button small" onClick={() => setSure(false)}>
                    No
                  </button>
                </>
              ) : (
                <button type="button" class="button small" onClick={() => setSure(true)}>
                  Remove
                </button>
              ))}
          </p>
        ) : (
          <form
            class="stack"
            onSubmit={(event) => {
              event.preventDefault();
              const by = (event as SubmitEvent).submitter as HTMLButtonElement | null;
              void save(name.trim(), by?.value === "rename" ? open?.name : undefined);
            }}
          >
            <label>
              <span class="hidden">Name of the query</span>
              <input
                // biome-ignore lint/a11y/noAutofocus: it was opened to type into it
                autofocus
                required
                maxLength={80}
                placeholder="Name"
                value={name}
                onInput={(event) => setName(event.currentTarget.value)}
              />
            </label>
            <span class="buttons">
              {open && (
                <button type="submit" value="rename" class="button small primary" disabled={name.trim() === open.name}>
                  Rename
                </button>
              )}
              <button
                type="submit"
                value="keep"
                class={open ? "button small" : "button small primary"}
                disabled={name.trim() === open?.name}
              >
                {open ? "Keep a copy" : "Keep"}
              </button>
              <button type="button" class="button small" onClick={() => setName(undefined)}>
                Cancel
              </button>
            </span>
          </form>
        ))}
    </section>
  );
}
