import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync } from "node:fs";
import { join } from "node:path";
import { readError } from "../errors.ts";
import { scrubSecrets } from "../scope.ts";
import { packageMetadata } from "./metadata.ts";
import type { DepsContext, Pinned } from "./types.ts";

export interface GitRequest {
  url: string;
  unrendered: string;
  revision: string;
  subdirectory: string | undefined;
  warnUnpinned: boolean;
}

/** A package from a git repository, by the `git` command: cloned without history at the wanted revision. */
export async function pinGit(request: GitRequest, context: DepsContext): Promise<Pinned> {
  const { url, revision, subdirectory } = request;
  const label = subdirectory ? `${url}/${subdirectory}` : url;
  const clone = join(context.downloads, createHash("md5").update(label).update(revision).digest("hex"));
  if (!existsSync(clone)) await checkOut(request, clone, context);
  if (request.warnUnpinned && ["HEAD", "main", "master"].includes(revision)) {
    const how = revision === "HEAD" ? "not pinned, using HEAD (default branch)" : `pinned to the "${revision}" branch`;
    context.report({
      name: "DepsUnpinned",
      code: "M029",
      level: "warn",
      text: `The git package "${url}" \n\tis ${how}.\n\tThis can introduce breaking changes into your project without warning!\n\nSee https://docs.getdbt.com/docs/package-management#section-specifying-package-versions`,
      data: { revision, git: url },
    });
  }
  const sha = (await git(["rev-parse", "HEAD"], clone, context)).trim();
  const folder = subdirectory ? join(clone, subdirectory) : clone;
  const { name, dependencies } = packageMetadata(folder, context);
  const written = scrubSecrets(request.unrendered, context.env);
  if (written !== request.unrendered) {
    context.report({
      name: "DepsScrubbedPackageName",
      code: "M035",
      level: "warn",
      text: `Detected secret env var in ${written}. dbt will write a scrubbed representation to the lock file. This will cause issues with subsequent 'dbt deps' using the lock file, requiring 'dbt deps --upgrade'`,
    });
  }
  return {
    kind: "git",
    label,
    source: `revision ${sha}`,
    projectName: name,
    entry: { git: written, revision: sha, ...(subdirectory && { subdirectory }) },
    version: sha,
    ...(subdirectory && { subdirectory }),
    dependencies,
    async install(target) {
      cpSync(folder, target, { recursive: true });
    },
  };
}

async function checkOut(request: GitRequest, clone: string, context: DepsContext): Promise<void> {
  const { url, revision, subdirectory } = request;
  const sparse = subdirectory ? ["--filter=blob:none", "--sparse"] : [];
  const isCommit = /^[0-9a-f]{40}$/.test(revision);
  const branch = revision === "HEAD" || isCommit ? [] : ["--branch", revision];
  try {
    await git(["clone", "--quiet", "--depth", "1", ...sparse, ...branch, "--", url, clone], context.downloads, context);
    if (subdirectory) await git(["sparse-checkout", "set", subdirectory], clone, context);
    if (isCommit) {
      await git(["fetch", "--quiet", "origin", "--depth", "1", revision], clone, context);
      await git(["reset", "--quiet", "--hard", revision], clone, context);
    }
  } catch (error) {
    const text = error instanceof GitFailure ? error.message : String(error);
    throw readError("fetch", {
      message: scrubSecrets(
        `Error checking out spec='${revision === "HEAD" ? "None" : revision}' for repo ${url}\n${text}`,
        context.env,
      ),
      dbtType: "Internal Error",
      hint: "Check the address and the revision, and that `git clone` of this address works from your shell.",
    });
  }
}

class GitFailure extends Error {}

function git(args: string[], cwd: string, { env }: DepsContext): Promise<string> {
  return new Promise((done, fail) => {
    // A password prompt would wait for ever.
    execFile("git", args, { cwd, env: { ...env, LC_ALL: "C", GIT_TERMINAL_PROMPT: "0" } }, (error, stdout, stderr) => {
      if (!error) done(stdout);
      else if ((error as NodeJS.ErrnoException).code === "ENOENT") {
        fail(
          readError("fetch", {
            message: "Packages from git repositories need the `git` command, and it is not on this machine's PATH.",
            hint: "Install git, or copy the package into the workspace and name it with `local:`.",
          }),
        );
      } else fail(new GitFailure(stderr.trim()));
    });
  });
}
