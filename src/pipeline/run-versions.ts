import { commitOf, configHash, type Lab, type Workspace } from "#registry/index.ts";
import manifest from "../../package.json" with { type: "json" };

/** What a run is done with: the version of labs, the commit of the workspace where it is a git checkout, the lab's configuration. */
export function runVersions(workspace: Workspace, lab: Lab): { codeVersion: string; configHash: string } {
  const commit = commitOf(workspace.root);
  return {
    codeVersion: commit === undefined ? manifest.version : `${manifest.version}+${commit.slice(0, 12)}`,
    configHash: configHash(lab),
  };
}
