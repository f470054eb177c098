import { plural } from "#errors/index.ts";
import type { DeliveryKind, DeliveryMessage, Incident, IncidentCause } from "#ledger/index.ts";
import { labsOf } from "./fold.ts";
import { renderTemplate, type Template, type TemplateScope } from "./template.ts";

/** What messages say besides the incidents themselves. */
export interface MessageContext {
  /** Name of the workspace's folder. */
  workspace: string;
  now: Date;
  owner(lab: string): string | undefined;
  /** A path as people read it. */
  display(path: string): string;
  /** Takes secrets out of a text. */
  redact(text: string): string;
}

/** An event as a predicate of its lab. */
const words: Record<string, string> = {
  failed: "failed",
  late: "is late",
  stale: "is stale",
  stuck: "is stuck",
  score_drop: "dropped in score",
  quarantined: "quarantined rows",
  drift: "drifted",
  disk: "is low on disk",
  memory: "is low on memory",
};

/** A message about incidents, the first of which is the main one. `template`: that of its event or of `recovered`. */
export function incidentMessage(
  incidents: Incident[],
  kind: DeliveryKind,
  template: Template,
  context: MessageContext,
): DeliveryMessage {
  const [main] = incidents as [Incident, ...Incident[]];
  const others = incidents.slice(1).map((each) => scopeOf(each, context));
  const labs = Object.entries(main.labs);
  const scope: TemplateScope = {
    ...scopeOf(main, context),
    workspace: context.workspace,
    repeated: kind === "repeated",
    others,
    others_count: others.length,
    labs:
      labs.length < 2
        ? []
        : labs.map(([name, { since, run }]) => ({ name, since: shortTime(since), run: run ?? undefined })),
  };
  const { subject, body } = renderTemplate(template, clean(scope, context.redact));
  return {
    subject,
    body,
    data: redactAll({ kind, workspace: context.workspace, incidents: incidents.map(incidentJson) }, context.redact),
  };
}

/** An incident as machines get it. */
export function incidentJson(incident: Incident): Record<string, unknown> {
  const { id, fingerprint, event, state, openedAt, seenAt, seen, overAt, cause, labs } = incident;
  return {
    id,
    fingerprint,
    event,
    state,
    opened_at: openedAt,
    seen_at: seenAt,
    seen,
    over_at: overAt,
    labs: Object.keys(labs),
    cause,
  };
}

/** The texts that templates show of an incident. */
export function scopeOf(
  incident: Incident,
  context: Pick<MessageContext, "now" | "owner" | "display" | "workspace">,
): TemplateScope {
  const { cause, event, openedAt, overAt, seen } = incident;
  const all = Object.keys(incident.labs);
  const now = incident.state === "open" ? labsOf(incident).filter((lab) => lab !== null) : all;
  const [first] = now;
  const run = first === undefined ? undefined : incident.labs[first]?.run;
  return {
    event,
    what: now.length > 1 ? (words[event] ?? event).replace(/^is /, "are ") : (words[event] ?? event),
    lab: first,
    labs_text:
      now.length > 3
        ? `${now.slice(0, 2).join(", ")} and ${now.length - 2} more labs`
        : now.join(", ") || context.workspace,
    owner: first === undefined ? undefined : context.owner(first),
    summary: cause.summary,
    code: cause.code,
    message: cause.message?.replaceAll("```", "'''"),
    hint: cause.hint,
    place: placeText(cause, context.display),
    node: cause.node,
    step: cause.step,
    skipped: skippedText(cause),
    command: commandFor(event, first, run),
    since: shortTime(openedAt),
    over: overAt === null ? undefined : shortTime(overAt),
    lasted: durationText((overAt === null ? context.now.getTime() : Date.parse(overAt)) - Date.parse(openedAt)),
    times: seen,
    run: run ?? undefined,
  };
}

function placeText({ file, line, column }: IncidentCause, display: (path: string) => string): string | undefined {
  if (file === undefined) return undefined;
  return [display(file), line, line === undefined ? undefined : column].filter((part) => part !== undefined).join(":");
}

/** `20 models and 31 tests were skipped` */
function skippedText({ skipped }: IncidentCause): string | undefined {
  if (!skipped) return undefined;
  const parts = [
    ...(skipped.models > 0 ? [plural(skipped.models, "model")] : []),
    ...(skipped.tests > 0 ? [plural(skipped.tests, "test")] : []),
  ];
  const one = skipped.models + skipped.tests === 1;
  return parts.length === 0 ? undefined : `${parts.join(" and ")} ${one ? "was" : "were"} skipped`;
}

/** What to type to see more. */
function commandFor(event: string, lab: string | undefined, run: string | null | undefined): string | undefined {
  if (lab === undefined) return "labs health";
  if (event === "quarantined") return `labs quarantine ${lab}`;
  if (event === "score_drop") return `labs inspect ${lab}`;
  if (event === "late" || event === "disk" || event === "memory") return "labs health";
  return `labs logs ${run ? run.slice(-7) : lab}`;
}

/** `2026-03-01 12:00 UTC` */
export const shortTime = (iso: string): string => `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;

/** `3 minutes`, `2 hours`, `5 days`: the largest unit that fits. */
export function durationText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return plural(seconds, "second");
  if (seconds < 7200) return plural(Math.round(seconds / 60), "minute");
  if (seconds < 172_800) return plural(Math.round(seconds / 3600), "hour");
  return plural(Math.round(seconds / 86_400), "day");
}

/** Every text of a scope without secrets. */
export function clean(scope: TemplateScope, redact: (text: string) => string): TemplateScope {
  const entries = Object.entries(scope).map(([name, value]) => [
    name,
    typeof value === "string" ? redact(value) : Array.isArray(value) ? value.map((item) => clean(item, redact)) : value,
  ]);
  return Object.fromEntries(entries) as TemplateScope;
}

function redactAll(value: Record<string, unknown>, redact: (text: string) => string): Record<string, unknown> {
  const walk = (item: unknown): unknown => {
    if (typeof item === "string") return redact(item);
    if (Array.isArray(item)) return item.map(walk);
    if (typeof item !== "object" || item === null) return item;
    return Object.fromEntries(Object.entries(item).map(([key, inner]) => [key, walk(inner)]));
  };
  return walk(value) as Record<string, unknown>;
}

/** Replaces the values of secret variables by their names. Short values would take harmless text along. */
export function redactor(env: Record<string, string | undefined>, names: Iterable<string>): (text: string) => string {
  const secrets = [...new Set(names)]
    .flatMap((name) => {
      const value = env[name];
      return value !== undefined && value.length >= 4 ? [{ name, value }] : [];
    })
    .toSorted((a, b) => b.value.length - a.value.length);
  return (text) => secrets.reduce((rest, { name, value }) => rest.replaceAll(value, `[${name}]`), text);
}
