import { signal } from "@preact/signals";

const media = matchMedia("(max-width: 760px)");
/** Whether the page is as narrow as on a phone: the width at which the style sheet makes cards of rows. */
export const narrow = signal(media.matches);
media.addEventListener("change", ({ matches }) => {
  narrow.value = matches;
});
