import type { AlertEvent, AlertRule, AlertsConfig, LabAlerts } from "#registry/index.ts";

/** What rules choose a lab by. */
export interface RoutedLab {
  name: string;
  owner: string | undefined;
  tags: readonly string[];
  alerts: LabAlerts;
}

/** `sales*` matches `sales_eu`; case does not matter. */
function matches(pattern: string, text: string): boolean {
  const expression = pattern.split("*").map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  return new RegExp(`^${expression.join(".*")}$`, "is").test(text);
}

const any = (patterns: string[], texts: readonly string[]): boolean =>
  patterns.length === 0 || texts.some((text) => patterns.some((pattern) => matches(pattern, text)));

function applies(rule: AlertRule, lab: RoutedLab | undefined): boolean {
  // What belongs to no lab, such as memory, goes to rules that choose none.
  if (!lab) return rule.labs.length + rule.owners.length + rule.tags.length === 0;
  return (
    any(rule.labs, [lab.name]) &&
    any(rule.owners, lab.owner === undefined ? [] : [lab.owner]) &&
    any(rule.tags, lab.tags)
  );
}

/** Channels that are told about an event of a lab, in the order of the rules. */
export function channelsFor(
  config: AlertsConfig,
  event: AlertEvent | "recovered",
  lab: RoutedLab | undefined,
): string[] {
  if (lab && event !== "recovered" && lab.alerts.mute.has(event)) return [];
  const rules = config.rules.filter((rule) => rule.events.has(event) && applies(rule, lab));
  if (rules.length === 0) return [];
  const named = lab?.alerts.channels ?? rules.flatMap((rule) => rule.channels);
  return [...new Set(named)].filter((name) => config.channels.has(name));
}
