import { catalogue } from "#errors/index.ts";

export const orchestrateErrors = catalogue("orchestrate", {
  serverRunning: {
    code: "ORC-002",
    title: "A server runs already",
    exit: 2,
    doc: "One `labs serve` looks after a workspace on a machine. The message says which process it is.",
  },
  serverGone: {
    code: "ORC-003",
    title: "The server went away",
    exit: 1,
    retryable: true,
    doc: "The server that a command was talking to stopped or was killed. What had begun is resumed by the next server.",
  },
  timedOut: {
    code: "ORC-004",
    title: "Run took too long",
    exit: 1,
    doc: "The run was stopped because it took longer than the `timeout` of its schedule. Finished models are kept.",
  },
  jobUnknown: {
    code: "ORC-005",
    title: "No such job",
    exit: 2,
    doc: "No job has this id, or an id that ends with it, or it has ended already.",
  },
  labBusy: {
    code: "ORC-006",
    title: "Lab is busy on the server",
    exit: 1,
    retryable: true,
    doc: "With `--no-wait` a command does not queue behind what the server runs or has queued for the lab.",
  },
  queueNotShared: {
    code: "ORC-007",
    title: "Queue is not shared",
    exit: 2,
    doc: "`labs worker` takes jobs from a queue that several hosts share, which is the PostgreSQL database that `LABS_DATABASE_URL` names. Without it the queue is a file, and `labs serve` is its only worker.",
  },
});
