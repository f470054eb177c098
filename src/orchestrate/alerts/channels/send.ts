import { resolve } from "node:path";
import { isLabsError } from "#errors/index.ts";
import { appendLine, type Channel } from "#registry/index.ts";
import { sendCommand } from "./command.ts";
import { sendEmail } from "./email.ts";
import { sendSlack } from "./slack.ts";
import { type ChannelEffects, type Outgoing, Refusal } from "./types.ts";
import { sendWebhook } from "./webhook.ts";

/** One attempt at one message. Throws {@link Refusal} and nothing else. */
export async function send(channel: Channel, outgoing: Outgoing, effects: ChannelEffects): Promise<void> {
  try {
    switch (channel.type) {
      case "email":
        return await sendEmail(channel, outgoing, effects);
      case "slack":
        return await sendSlack(channel, outgoing, effects);
      case "webhook":
        return await sendWebhook(channel, outgoing, effects);
      case "command":
        return await sendCommand(channel, outgoing, effects);
      case "file": {
        const { id, kind, createdAt, message } = outgoing;
        return appendLine(
          resolve(effects.root, channel.path),
          JSON.stringify({ id, kind, created_at: createdAt, ...message }),
        );
      }
    }
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal(isLabsError(error) ? error.message.replace(/\.$/, "") : "sending failed", true);
  }
}
