import { userName } from "#ledger/index.ts";
import { labOf, workspaceOf, writeJson } from "../context.ts";
import type { Verb } from "../io.ts";
import { changingJobs } from "../look/jobs.ts";

export const verb: Verb = {
  arguments: [{ name: "[lab]", description: "The lab; default: the one of the current folder" }],
  options: [{ flags: "--why <text>", description: "For those who wonder later" }],
  examples: [
    {
      command: 'labs pause lab1_sales_performance --why "stocktaking"',
      does: "Schedules leave the lab alone until `labs resume`",
    },
  ],
  async run(input) {
    const { io, args, options, global } = input;
    const workspace = workspaceOf(input);
    const lab = labOf(input, workspace, args[0]);
    const why = options["why"] === undefined ? null : String(options["why"]);
    await changingJobs(workspace, (jobs) => jobs.pause(lab.name, userName(), why, new Date()));
    if (global.output === "json") writeJson(input, { lab: lab.name, paused: true });
    else
      io.out(
        `${lab.name} is paused: no schedule starts it. \`labs run ${lab.name}\` still does; \`labs resume ${lab.name}\` ends it.\n`,
      );
    return 0;
  },
};
