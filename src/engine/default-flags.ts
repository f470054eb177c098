import type { Command, Flags } from "./flags.ts";

/** A command's flags with dbt's defaults; `projectDir` is the folder with dbt_project.yml. */
export function defaultFlags(command: Command, projectDir: string, given: Partial<Flags> = {}): Flags {
  const flags: Flags = {
    command,
    projectDir,
    vars: {},
    select: [],
    exclude: [],
    resourceTypes: [],
    excludeResourceTypes: [],
    indirectSelection: "eager",
    defer: false,
    favorState: false,
    fullRefresh: false,
    failFast: false,
    empty: false,
    warnError: false,
    writeJson: true,
    versionCheck: true,
    populateCache: true,
    cacheSelectedOnly: false,
    introspect: true,
    injectEphemeralCtes: true,
    show: false,
    limit: 5,
    output: "text",
    outputKeys: [],
    macroArgs: {},
    compileDocs: true,
    emptyCatalog: false,
    staticDocs: false,
    changed: false,
    explain: false,
    debug: false,
    quiet: false,
    invocationArgs: {},
    ...given,
  };
  const which = { "source freshness": "freshness", "docs generate": "generate" }[command as string] ?? command;
  flags.invocationArgs = {
    which,
    select: flags.select,
    exclude: flags.exclude,
    vars: flags.vars,
    full_refresh: flags.fullRefresh,
    ...flags.invocationArgs,
  };
  return flags;
}
