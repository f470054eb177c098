import type { RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { queryValue, setQuery } from "../lib/router.ts";
import { fitted, type Size, textOf, type View, viewOf } from "./view.ts";

/** After this long without a move the address has it. */
const restMs = 300;

/**
 * The view of a drawing that is moved and zoomed. The address keeps it as `view`; a drawing of other nodes is fitted anew, the
 * same one drawn again stays where it is. Wheel and buttons move through `change`.
 */
export function useView(box: RefObject<HTMLDivElement | null>, drawing: Size, nodes: string) {
  const [view, setView] = useState<View>({ x: 0, y: 0, scale: 1 });
  const size = (): Size => ({ width: box.current?.clientWidth ?? 800, height: box.current?.clientHeight ?? 500 });
  const rest = useRef<ReturnType<typeof setTimeout>>(undefined);
  const change = (next: (old: View, box: Size) => View) => {
    setView((old) => {
      const changed = next(old, size());
      clearTimeout(rest.current);
      rest.current = setTimeout(() => setQuery({ view: textOf(changed, size()) }), restMs);
      return changed;
    });
  };
  const fit = () => {
    clearTimeout(rest.current);
    setQuery({ view: "" });
    setView(fitted(drawing, size()));
  };
  const first = useRef(true);
  useEffect(() => {
    const given = first.current ? viewOf(queryValue("view"), size()) : undefined;
    first.current = false;
    if (given) setView(given);
    else fit();
  }, [nodes]);
  useEffect(() => () => clearTimeout(rest.current), []);
  return { view, change, fit };
}
