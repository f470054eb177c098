import { catalogue } from "#errors/index.ts";

export const pipelineErrors = catalogue("pipeline", {
  workerDied: {
    code: "PIPE-001",
    title: "A lab's process ended without a result",
    exit: 1,
    retryable: true,
    doc: "The process that ran the lab was killed or crashed: out of memory, or by hand. What it had committed is kept, and the next run goes on from there.",
  },
});
