import type { RunDetailJson } from "../../../src/server/types.ts";
import { seconds } from "../../lib/format.ts";
import { Status } from "../../parts/basic.tsx";

export function About({ data: { run, steps, versions } }: { data: RunDetailJson }) {
  return (
    <dl class="pairs">
      <dt>Id</dt>
      <dd class="mono">{run.id}</dd>
      <dt>Command</dt>
      <dd class="mono">{run.command}</dd>
      <dt>By</dt>
      <dd>
        {run.user} on {run.host}
      </dd>
      <dt>Started by</dt>
      <dd>{run.trigger}</dd>
      <dt>Job</dt>
      <dd class="mono">{run.job ? `${run.job}, attempt ${run.attempt}` : "none: run by a command of its own"}</dd>
      <dt>Published</dt>
      <dd class="mono">{versions.join(", ") || "nothing new"}</dd>
      <dt>Steps</dt>
      <dd>
        {steps.map((step) => (
          <p key={`${step.name}${step.startedAt}`}>
            {step.name} <Status is={step.status} /> {seconds(step.seconds)}
            {step.error && <span class="pre bad-text"> {step.error.message}</span>}
          </p>
        ))}
      </dd>
    </dl>
  );
}
