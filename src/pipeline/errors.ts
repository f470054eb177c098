import { catalogue } from "#errors/index.ts";

export const pipelineErrors = catalogue("pipeline", {
  workerDied: {
    code: "PIPE-001",
    title: "A lab's process ended without a result",
    exit: 1,
    retryable: true,
    doc: "The process that ran the lab was killed or crashed: out of memory, or by hand. What it had committed is kept, and the next run goes on from there.",
  },
  readNotPublished: {
    code: "PIPE-010",
    title: "A lab that is read has published nothing",
    exit: 1,
    doc: "The lab names another one under `reads:` in its lab.yml, and that one has no published version. Run it first; its run must pass the gate.",
  },
  readTooOld: {
    code: "PIPE-011",
    title: "What a lab reads is too old",
    exit: 1,
    doc: "The published version of a lab under `reads:` is older than `min_version` or `fresh_within` allow.",
  },
});
