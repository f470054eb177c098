import { useState } from "preact/hooks";
import { throttled, useLive } from "./live.ts";

/** Asks again when a run of the lab has news, at most once a second. */
export function useRunNews(lab: string, reload: () => void) {
  const [ask] = useState(() => throttled(reload, 1000));
  useLive(
    (event) => {
      if ((event.type === "run" && event.lab === lab) || event.type === "reset") ask();
    },
    [lab],
  );
}
