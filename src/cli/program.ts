/** The whole command: a process that runs labs for another, or a command line. Ends the process. */
export async function program(words: string[]): Promise<void> {
  if (words[0] === "--lab-worker") {
    // Started by `labs run` of several labs.
    const { serveRuns } = await import("#pipeline/index.ts");
    serveRuns();
  } else if (words[0] === "--job-worker") {
    // Started by `labs serve` for the jobs of its queue.
    const { serveJobs } = await import("#orchestrate/index.ts");
    serveJobs();
  } else {
    const { dispatch } = await import("./dispatch.ts");
    await dispatch(words);
  }
}
