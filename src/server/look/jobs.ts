import type { JobInfo } from "#ledger/index.ts";
import type { JobJson } from "../types.ts";

export const jobJson = (job: JobInfo): JobJson => ({
  id: job.id,
  lab: job.lab,
  state: job.state,
  trigger: job.trigger,
  command: job.command,
  user: job.user,
  dueAt: job.dueAt,
  notBefore: job.notBefore,
  createdAt: job.createdAt,
  startedAt: job.startedAt,
  finishedAt: job.finishedAt,
  attempt: job.attempt,
  run: job.run,
  message: job.message,
});
