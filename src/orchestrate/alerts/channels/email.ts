import { plural } from "#errors/index.ts";
import type { EmailChannel } from "#registry/index.ts";
import { type ChannelEffects, type Outgoing, Refusal, variable } from "./types.ts";

interface SmtpError {
  code?: string;
  responseCode?: number;
  message?: string;
}

/** Sends a message by SMTP. The Message-ID is the same for every attempt, so that mail programs show one. */
export async function sendEmail(channel: EmailChannel, outgoing: Outgoing, effects: ChannelEffects): Promise<void> {
  const { id, createdAt, message } = outgoing;
  const user = channel.usernameEnv === undefined ? channel.username : variable(effects.env, channel.usernameEnv);
  const pass = channel.passwordEnv === undefined ? undefined : variable(effects.env, channel.passwordEnv);
  const { createTransport } = await import("nodemailer");
  const transport = createTransport({
    host: channel.host,
    port: channel.port,
    secure: channel.security === "tls",
    requireTLS: channel.security === "starttls",
    ignoreTLS: channel.security === "none",
    ...(user !== undefined && pass !== undefined && { auth: { user, pass } }),
    connectionTimeout: channel.timeoutMs,
    greetingTimeout: channel.timeoutMs,
    socketTimeout: channel.timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const domain = /@([\w.-]+)/.exec(channel.from)?.[1] ?? "labs.local";
  let timer: NodeJS.Timeout | undefined;
  try {
    const sent = transport.sendMail({
      from: channel.from,
      to: channel.to,
      subject: message.subject,
      text: message.body,
      messageId: `<${id}@${domain}>`,
      date: new Date(createdAt),
      headers: { "X-Labs-Alert-Id": id, "Auto-Submitted": "auto-generated" },
    });
    // A server that says one byte a second would keep every one of the timeouts above.
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(Object.assign(new Error(), { code: "ETIMEDOUT" })), channel.timeoutMs * 3);
    });
    const { rejected } = await Promise.race([sent, late]);
    // Sent once more it would come twice to those who have it.
    if (rejected.length > 0) {
      const some = `${rejected.length} of ${plural(channel.to.length, "receiver")}`;
      throw new Refusal(`sent, but the SMTP server refused ${some}`, false);
    }
  } catch (error) {
    throw error instanceof Refusal ? error : refusal(error as SmtpError);
  } finally {
    clearTimeout(timer);
    transport.close();
  }
}

/** What the server said, by its number: its own words may repeat addresses. Source of the codes: nodemailer's errors. */
function refusal({ code, responseCode, message = "" }: SmtpError): Refusal {
  if (code === "EAUTH") return new Refusal("the SMTP server refused user and password", true, 600_000);
  if (code === "ETLS") return new Refusal("the SMTP server offers no encryption (STARTTLS)", true, 600_000);
  if (code === "ESOCKET" && /certificate|altnames/i.test(message)) {
    const why =
      "the SMTP server's certificate is not trusted; the variable NODE_EXTRA_CA_CERTS names a file of your own authority";
    return new Refusal(why, true, 600_000);
  }
  if (code === "ESOCKET" && /wrong version number|:error:[0-9A-F]+:SSL/i.test(message))
    return new Refusal("the SMTP server speaks no TLS on this port: `security: starttls` may be meant", true, 600_000);
  if (responseCode !== undefined) return new Refusal(`the SMTP server answered ${responseCode}`, responseCode < 500);
  const known: Record<string, string> = {
    ECONNECTION: "the SMTP server cannot be reached",
    ESOCKET: "the connection to the SMTP server failed",
    EPROTOCOL: "what answers on this port is no SMTP server",
    // It waits in silence for TLS to begin when the port wants it from the first byte.
    ETIMEDOUT:
      "the SMTP server did not answer in time (a port that begins with TLS, as 465 does, needs `security: tls`)",
    EDNS: "the SMTP server's host name is not known",
    EENVELOPE: "the SMTP server refused sender or receivers",
  };
  return new Refusal(
    known[code ?? ""] ?? `sending failed${code ? ` (${code})` : ""}`,
    code !== "EENVELOPE" && code !== "EMESSAGE",
  );
}
