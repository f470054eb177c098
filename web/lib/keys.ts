import { overlay, pages } from "../parts/palette.tsx";
import { go } from "./router.ts";
import { cycleTheme } from "./theme.ts";

let waiting = 0;

/** Also inside a shadow root, which is why the event's own target will not do. */
const typing = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (/^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) || target.isContentEditable);

/** Keys that work on every page. */
export function listenToKeys(): void {
  addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      overlay.value = overlay.value === "palette" ? undefined : "palette";
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.composedPath()[0] ?? null) || overlay.value)
      return;
    const page = Date.now() - waiting < 1500 && pages.find(({ key }) => key === event.key);
    waiting = 0;
    if (page) go(page.path);
    else if (event.key === "g") waiting = Date.now();
    else if (event.key === "?") overlay.value = "shortcuts";
    else if (event.key === "t") cycleTheme();
    else if (event.key === "/") {
      const search = document.querySelector<HTMLInputElement>("main input[type=search]");
      if (!search) return;
      search.focus();
    } else return;
    event.preventDefault();
  });
}
