import type { ComponentChildren, ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Broken, Loading } from "./basic.tsx";

// biome-ignore lint/suspicious/noExplicitAny: each part has props of its own
type Part = ComponentType<any>;
const loaded = new Map<string, Part>();

/** A part whose code is loaded when it is first shown. */
export function Later<Props extends object>({
  load,
  props,
  waits = <Loading />,
}: {
  load: () => Promise<{ default: ComponentType<Props> }>;
  props: Props;
  /** Stands there until then. */
  waits?: ComponentChildren;
}) {
  const key = String(load);
  const [, ready] = useState(loaded.has(key));
  const [broken, setBroken] = useState<unknown>();
  useEffect(() => {
    if (loaded.has(key)) return;
    load().then(({ default: part }) => {
      loaded.set(key, part as Part);
      ready(true);
    }, setBroken);
  }, []);
  if (broken !== undefined) return <Broken error={broken} />;
  const Own = loaded.get(key);
  return Own ? <Own {...props} /> : <>{waits}</>;
}
