import type { EngineEvent, EventSink } from "../events.ts";
import type { Flags } from "../flags.ts";
import { raisingSink } from "../warn-errors.ts";
import { Invocation, type CommandOptions, type ReadAhead } from "./invocation.ts";

/**
 * Reads and parses a project for a command that follows soon, while something else keeps the caller waiting. Never throws:
 * the command does. Nothing of the project may be written until then.
 */
export function readAhead(flags: Flags, options: Omit<CommandOptions, "sink">): ReadAhead {
  const held: EngineEvent[] = [];
  let sink: EventSink = (event) => held.push(event);
  const own = { ...options, sink: raisingSink(flags, (event) => sink(event)) };
  const started = performance.now();
  let read: () => Invocation;
  try {
    const invocation = new Invocation(flags, own);
    read = () => invocation;
  } catch (error) {
    read = () => {
      throw error;
    };
  }
  const spent = performance.now() - started;
  return {
    take(given) {
      sink = given.sink;
      for (const event of held.splice(0)) sink(event);
      const invocation = read();
      invocation.options = { ...given, sink: own.sink };
      invocation.started = performance.now() - spent;
      return invocation;
    },
  };
}
