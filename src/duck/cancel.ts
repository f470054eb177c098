/** Often enough that ctrl-C feels immediate. */
const interval = 25;

/**
 * Interrupts a connection or a database when the signal is aborted, again and again until the returned function is called:
 * an interrupt between two statements would be lost, and the next statement would run to its end.
 */
export function interruptOnAbort(target: { interrupt(): void }, signal: AbortSignal | undefined): () => void {
  let timer: NodeJS.Timeout | undefined;
  const begin = () => {
    target.interrupt();
    timer = setInterval(() => target.interrupt(), interval);
  };
  if (signal?.aborted) begin();
  else signal?.addEventListener("abort", begin, { once: true });
  return () => {
    signal?.removeEventListener("abort", begin);
    clearInterval(timer);
  };
}
