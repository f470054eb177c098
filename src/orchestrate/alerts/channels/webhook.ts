import { createHmac } from "node:crypto";
import type { WebhookChannel } from "#registry/index.ts";
import { post } from "./post.ts";
import { type ChannelEffects, type Outgoing, variable } from "./types.ts";

/**
 * Posts a message as JSON, with the headers of the Standard Webhooks specification: `webhook-id` is the same for every
 * attempt, and with a secret `webhook-signature` is `v1,` and the base64 of HMAC-SHA256 over `<id>.<timestamp>.<body>`.
 */
export async function sendWebhook(channel: WebhookChannel, outgoing: Outgoing, effects: ChannelEffects): Promise<void> {
  const { id, kind, createdAt, message } = outgoing;
  const body = JSON.stringify({
    id,
    type: `labs.alert.${kind}`,
    timestamp: createdAt,
    subject: message.subject,
    text: message.body,
    data: message.data,
  });
  const url = channel.url ?? variable(effects.env, channel.urlEnv ?? "");
  const timestamp = String(Math.floor(effects.now().getTime() / 1000));
  const headers: Record<string, string> = { "webhook-id": id, "webhook-timestamp": timestamp };
  for (const [name, from] of Object.entries(channel.headersEnv)) headers[name] = variable(effects.env, from);
  if (channel.secretEnv !== undefined)
    headers["webhook-signature"] = signature(variable(effects.env, channel.secretEnv), id, timestamp, body);
  await post(url, body, headers, channel.timeoutMs, effects);
}

/** The signature that a receiver works out for itself. A secret that begins with `whsec_` is base64. */
export function signature(secret: string, id: string, timestamp: string, body: string): string {
  const key = secret.startsWith("whsec_") ? Buffer.from(secret.slice(6), "base64") : Buffer.from(secret);
  return `v1,${createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64")}`;
}
