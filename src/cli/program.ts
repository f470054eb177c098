/** The whole command: one of several labs' own process, or a command line. Ends the process. */
export async function program(words: string[]): Promise<void> {
  if (words[0] === "--lab-worker") {
    // Started by `labs run` for one of several labs.
    const { serveRun } = await import("#pipeline/index.ts");
    serveRun();
  } else if (words[0] === "--job-worker") {
    // Started by `labs serve` for a job of its queue.
    const { serveJob } = await import("#orchestrate/index.ts");
    serveJob();
  } else {
    const { dispatch } = await import("./dispatch.ts");
    await dispatch(words);
  }
}
