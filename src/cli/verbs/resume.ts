import { labOf, workspaceOf, writeJson } from "../context.ts";
import type { Verb } from "../io.ts";
import { changingJobs } from "../look/jobs.ts";

export const verb: Verb = {
  arguments: [{ name: "[lab]", description: "The lab; default: the one of the current folder" }],
  examples: [{ command: "labs resume lab1_sales_performance", does: "Schedules start the lab again from now on" }],
  async run(input) {
    const { io, args, global } = input;
    const workspace = workspaceOf(input);
    const lab = labOf(input, workspace, args[0]);
    const was = await changingJobs(workspace, (jobs) => jobs.resume(lab.name));
    if (global.output === "json") writeJson(input, { lab: lab.name, paused: false, was_paused: was });
    else io.out(was ? `${lab.name} runs by its schedule again.\n` : `${lab.name} was not paused.\n`);
    return 0;
  },
};
