import type { ApiConfig, SourceConfig } from "#registry/index.ts";
import { ingestErrors } from "../errors.ts";
import { missingVariable } from "./secrets.ts";

/** The URL with its `${NAME}` and `${NAME:-default}` filled in; what they hold is no secret. Errors: ING-040, ING-043. */
export function baseUrl(source: SourceConfig, api: ApiConfig, env: NodeJS.ProcessEnv): URL {
  const place = api.places.url;
  const text = api.url.replace(
    /\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g,
    (_, name: string, standard?: string) => {
      const value = env[name] || standard;
      if (value === undefined) throw missingVariable(name, source, place);
      return value;
    },
  );
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const plain = url && (url.protocol === "http:" || url.protocol === "https:") && !url.username && !url.password;
  if (url && plain) return url;
  throw ingestErrors.badAnswer({
    message:
      url?.username || url?.password
        ? `The address of the source ${source.name} holds a user or password.`
        : `The address of the source ${source.name} is no http or https URL.`,
    place,
    hint: "Write the whole address; who asks belongs under `auth`.",
  });
}
