import type { SlackChannel } from "#registry/index.ts";
import { post } from "./post.ts";
import { type ChannelEffects, type Outgoing, variable } from "./types.ts";

/** Slack cuts longer texts in the middle of a word. */
const mostCharacters = 12_000;

/** Posts a message to a webhook that understands Slack's format. */
export async function sendSlack(channel: SlackChannel, outgoing: Outgoing, effects: ChannelEffects): Promise<void> {
  const url = variable(effects.env, channel.urlEnv);
  const body = JSON.stringify({ text: slackText(outgoing.message.body) });
  await post(url, body, { "webhook-id": outgoing.id }, channel.timeoutMs, effects);
}

/** Markdown as Slack writes it. Its three special characters are escaped, so that no text mentions a channel or makes a link. */
export function slackText(markdown: string): string {
  const short = markdown.length > mostCharacters ? `${markdown.slice(0, mostCharacters)}…` : markdown;
  const escaped = short.trim().replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  // What is between fences stays as it is.
  return escaped
    .split(/(```[\s\S]*?(?:```|$))/)
    .map((part, i) =>
      i % 2 === 1
        ? part
        : part
            .replace(/\*\*(.+?)\*\*/g, "*$1*")
            .replace(/^#{1,6} +(.+)$/gm, "*$1*")
            .replace(/^([ \t]*)[-*] /gm, "$1• ")
            .replace(/\[([^\]\n]+)\]\((https?:[^)\s]+)\)/g, "<$2|$1>"),
    )
    .join("");
}
