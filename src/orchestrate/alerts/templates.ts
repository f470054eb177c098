import { parseTemplate, type Template, type TemplateNames } from "./template.ts";

/** What any message about incidents may show. Times are ISO in UTC; texts are one line, except `message`. */
const incident = [
  "event",
  "what",
  "lab",
  "labs_text",
  "owner",
  "summary",
  "code",
  "message",
  "hint",
  "place",
  "node",
  "step",
  "skipped",
  "command",
  "since",
  "over",
  "lasted",
  "times",
  "run",
];
const incidentNames: TemplateNames = {
  values: [...incident, "workspace", "repeated", "others_count"],
  lists: { others: incident, labs: ["name", "since", "run"] },
};
const digestNames: TemplateNames = {
  values: ["workspace", "day", "labs_count", "failing_count", "runs_count", "failed_count"],
  lists: {
    labs: ["name", "state", "last_run", "runs", "failed", "score", "owner"],
    incidents: incident,
    ended: incident,
    problems: ["text"],
  },
};

const cause = `{{#if message}}
\`\`\`
{{#if code}}{{code}}: {{/if}}{{message}}
\`\`\`
{{/if}}
{{#if place}}
at \`{{place}}\`
{{/if}}
{{#if skipped}}

{{skipped}} behind it.
{{/if}}
{{#if hint}}

What to do: {{hint}}
{{/if}}
{{#if others}}

Also:
{{#each others}}
- {{summary}}{{#if place}} at \`{{place}}\`{{/if}}{{#if skipped}} ({{skipped}} behind it){{/if}}
{{/each}}
{{/if}}
{{#if labs}}

Labs:
{{#each labs}}
- {{name}}, since {{since}}
{{/each}}
{{/if}}
{{#if repeated}}

Open since {{since}}, seen {{times}} times.
{{/if}}
{{#if command}}

Look at it: \`{{command}}\`
{{/if}}
`;

const opened = `subject: {{#if repeated}}[still] {{/if}}{{labs_text}} {{what}}: {{summary}}{{#if others_count}} and {{others_count}} more{{/if}}

**{{labs_text}} {{what}}**: {{summary}}

${cause}`;

const recovered = `subject: {{labs_text}} recovered: {{summary}}

**{{labs_text}} recovered** after {{lasted}}. It was: {{summary}}
{{#each others}}
- and: {{summary}}
{{/each}}
`;

const digest = `subject: {{workspace}}: {{#if failing_count}}{{failing_count}} of {{labs_count}} labs to look at{{else}}all is well{{/if}} ({{day}})

**{{workspace}}**: {{runs_count}} runs in the last day, {{failed_count}} failed.

{{#each labs}}
- **{{name}}**: {{state}}{{#if last_run}}, last run {{last_run}}{{/if}}{{#if score}}, score {{score}}{{/if}}{{#if runs}}; {{runs}} runs{{#if failed}}, {{failed}} failed{{/if}}{{/if}}
{{/each}}
{{#if incidents}}

Open:
{{#each incidents}}
- {{labs_text}} {{what}} since {{since}}: {{summary}}
{{/each}}
{{/if}}
{{#if ended}}

Over since the last digest:
{{#each ended}}
- {{labs_text}} {{what}} for {{lasted}}: {{summary}}
{{/each}}
{{/if}}
{{#if problems}}

Alerting itself:
{{#each problems}}
- {{text}}
{{/each}}
{{/if}}
`;

/** Every template by the name of its file without \`.md\`: an event's name, `recovered` or `digest`. */
export const builtIn: Record<string, string> = {
  ...Object.fromEntries(
    ["failed", "late", "stale", "stuck", "score_drop", "quarantined", "drift", "disk", "memory"].map((event) => [
      event,
      opened,
    ]),
  ),
  recovered,
  digest,
};

const parsed = new Map<string, Template>();

/**
 * The template of a message. `own`: text of the workspace's file of that name; one that cannot be used is told through
 * `onProblem`, and the built-in one takes its place: a spelling mistake must not silence an alert.
 */
export function templateFor(
  name: string,
  own: { file: string; text: string } | undefined,
  onProblem: (error: unknown) => void = () => {},
): Template {
  const names = name === "digest" ? digestNames : incidentNames;
  if (own) {
    try {
      return parseTemplate(own.text, own.file, names);
    } catch (error) {
      onProblem(error);
    }
  }
  let template = parsed.get(name);
  if (!template) parsed.set(name, (template = parseTemplate(builtIn[name] ?? opened, `${name}.md`, names)));
  return template;
}
