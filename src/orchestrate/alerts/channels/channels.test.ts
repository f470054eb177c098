import { createHmac } from "node:crypto";
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Channel, EmailChannel, WebhookChannel } from "#registry/index.ts";
import { MailServer, silentServer, WebhookServer } from "../testing/servers.ts";
import { send } from "./send.ts";
import { slackText } from "./slack.ts";
import type { ChannelEffects, Outgoing } from "./types.ts";

const outgoing: Outgoing = {
  id: "1m840zvwy8jv6vce",
  kind: "opened",
  createdAt: "2026-03-01T12:00:00.000Z",
  message: { subject: "shop failed: größe & co", body: "**shop failed**: größe <b>\n\n- a\n", data: { a: 1 } },
};
const shared = { name: "x", timeoutMs: 30_000, maxPerHour: 60, quietHours: undefined };
let root: string;
let web: WebhookServer;
let url: string;
let effects: ChannelEffects;

beforeEach(async () => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "labs-channels-")));
  web = new WebhookServer();
  url = await web.start();
  effects = {
    env: { HOOK_URL: url, HOOK_KEY: "correct horse", HOOK_TOKEN: "t-1", PASSWORD: "p-1", PATH: process.env["PATH"] },
    root,
    now: () => new Date("2026-03-01T12:00:05Z"),
    fetch: globalThis.fetch,
  };
});
afterEach(async () => {
  await web.stop();
  rmSync(root, { recursive: true, force: true });
});

const hook: WebhookChannel = {
  ...shared,
  type: "webhook",
  urlEnv: "HOOK_URL",
  secretEnv: "HOOK_KEY",
  headersEnv: { authorization: "HOOK_TOKEN" },
};
const outcome = (channel: Channel) =>
  send(channel, outgoing, effects).then(
    () => "taken",
    (refusal: { message: string; retryable: boolean; waitMs?: number }) => refusal,
  );

describe("a webhook", () => {
  it("gets the message signed, with an id for those who get it twice", async () => {
    expect(await outcome(hook)).toBe("taken");
    const [{ headers, body } = { headers: {}, body: "" }] = web.requests;
    expect(JSON.parse(body)).toMatchObject({
      id: outgoing.id,
      type: "labs.alert.opened",
      subject: outgoing.message.subject,
      data: { a: 1 },
    });
    const signed = createHmac("sha256", "correct horse").update(`${outgoing.id}.1772366405.${body}`).digest("base64");
    expect(headers).toMatchObject({
      "webhook-id": outgoing.id,
      "webhook-timestamp": "1772366405",
      "webhook-signature": `v1,${signed}`,
      authorization: "t-1",
    });
    // A secret of the specification's form is base64.
    effects.env["HOOK_KEY"] = `whsec_${Buffer.from("correct horse").toString("base64")}`;
    await outcome(hook);
    expect(web.requests[1]?.headers["webhook-signature"]).toBe(`v1,${signed}`);
  });

  it.each([
    [503, true, "it answered 503"],
    [{ status: 429, headers: { "retry-after": "120" } }, true, "it answered 429"],
    [{ status: 503, headers: { "retry-after": "Sun, 01 Mar 2026 12:01:05 GMT" } }, true, "it answered 503"],
    [404, false, "it answered 404"],
    [
      { status: 302, headers: { location: "https://elsewhere.example.com/" } },
      false,
      "it answered 302, a redirect, which is not followed",
    ],
    ["stall", true, "it did not answer within 0.4 seconds"],
    ["drop", true, "it broke the connection off"],
  ] as const)("that answers %j", async (behaviour, retryable, message) => {
    web.behaviour = [behaviour];
    const refusal = await outcome(behaviour === "stall" ? { ...hook, timeoutMs: 400 } : hook);
    expect(refusal).toMatchObject({ retryable, message });
    if (typeof behaviour === "object" && "retry-after" in behaviour.headers)
      expect((refusal as { waitMs: number }).waitMs).toBe(behaviour.status === 429 ? 120_000 : 60_000);
  });

  it("whose answer never ends has taken the message", async () => {
    web.behaviour = ["endless"];
    expect(await outcome(hook)).toBe("taken");
  });

  it("that is not there, or not set, is tried again; nothing tells the address", async () => {
    await web.stop();
    expect(await outcome(hook)).toMatchObject({ retryable: true, message: "it refused the connection" });
    delete effects.env["HOOK_URL"];
    expect(await outcome(hook)).toMatchObject({
      retryable: true,
      message: "the environment variable HOOK_URL is not set",
    });
    effects.env["HOOK_URL"] = "not-an-address-but-a-secret";
    expect(await outcome(hook)).toMatchObject({ retryable: false, message: "its address is no URL" });
    web = new WebhookServer();
    await web.start();
  });
});

describe("Slack", () => {
  it("gets its own notation, and nothing in a text makes a link or calls a channel", async () => {
    expect(await outcome({ ...shared, type: "slack", urlEnv: "HOOK_URL" })).toBe("taken");
    expect(JSON.parse(web.requests[0]?.body ?? "")).toEqual({ text: "*shop failed*: größe &lt;b&gt;\n\n• a" });
    expect(slackText("# Title\n<!channel> [docs](https://example.com/a) `x`\n```\n**not bold** - a\n- b\n```")).toBe(
      "*Title*\n&lt;!channel&gt; <https://example.com/a|docs> `x`\n```\n**not bold** - a\n- b\n```",
    );
  });
});

describe("e-mail", () => {
  const mail = (port: number, more: Partial<EmailChannel> = {}): EmailChannel => ({
    ...shared,
    type: "email",
    host: "127.0.0.1",
    port,
    security: "none",
    from: "labs@example.com",
    to: ["ada@example.com", "data@example.com"],
    ...more,
  });

  it("arrives with a Message-ID that every attempt has", async () => {
    const server = new MailServer();
    const channel = mail(await server.start());
    expect(await outcome(channel)).toBe("taken");
    expect(await outcome(channel)).toBe("taken");
    await server.stop();
    expect(server.mails).toHaveLength(2);
    for (const text of server.mails) {
      expect(text).toMatch(/^Message-ID: <1m840zvwy8jv6vce@example.com>\r?$/m);
      expect(text).toMatch(/^X-Labs-Alert-Id: 1m840zvwy8jv6vce\r?$/im);
      expect(text).toMatch(/^To: ada@example.com, data@example.com\r?$/m);
      expect(text).toMatch(/^Subject: =\?UTF-8\?/m);
      expect(text).toMatch(/gr=C3=B6=C3=9Fe/);
    }
  });

  it("signs in with what the variables say", async () => {
    const seen: unknown[] = [];
    const server = new MailServer({
      authOptional: false,
      onAuth: ({ username, password }, _session, done) => {
        seen.push(username, password);
        if (password === "p-1") done(null, { user: "u" });
        else done(new Error("no"));
      },
    });
    const channel = mail(await server.start(), { username: "me", passwordEnv: "PASSWORD" });
    expect(await outcome(channel)).toBe("taken");
    expect(seen).toEqual(["me", "p-1"]);
    effects.env["PASSWORD"] = "wrong-one";
    const refusal = await outcome(channel);
    await server.stop();
    expect(refusal).toMatchObject({ retryable: true, message: "the SMTP server refused user and password" });
    expect(JSON.stringify(refusal)).not.toContain("wrong-one");
  });

  it.each([
    ["data", 451, true],
    ["data", 550, false],
    ["mail", 421, true],
    ["rcpt", 550, false],
  ] as const)("refused at %s with %i", async (stage, code, retryable) => {
    const server = new MailServer();
    server.refuse = { [stage]: code };
    const refusal = await outcome(mail(await server.start()));
    await server.stop();
    expect(refusal).toMatchObject({ retryable });
    expect(JSON.stringify(refusal)).not.toContain("you@example.com");
  });

  it("does not go out unencrypted unless that was asked for, and not to a server that says nothing", async () => {
    const server = new MailServer();
    const refusal = await outcome(mail(await server.start(), { security: "starttls" }));
    await server.stop();
    expect(refusal).toMatchObject({ message: expect.stringMatching(/encryption|connection|failed/) });
    expect(server.mails).toEqual([]);
    const silent = await silentServer();
    expect(await outcome(mail(silent.port, { timeoutMs: 400 }))).toMatchObject({
      retryable: true,
      message: expect.stringContaining("SMTP server"),
    });
    silent.stop();
  });

  it("says when encryption is what fails", async () => {
    const refused = async (server: MailServer, security: "tls" | "starttls") => {
      const refusal = await outcome(mail(await server.start(), { security }));
      await server.stop();
      return refusal;
    };
    // The server's own certificate, that of the library, is signed by nobody.
    const selfSigned = new MailServer({ secure: true });
    expect(await refused(selfSigned, "tls")).toMatchObject({
      retryable: true,
      message: expect.stringContaining("NODE_EXTRA_CA_CERTS"),
    });
    expect(await refused(new MailServer(), "tls")).toMatchObject({
      message: expect.stringContaining("no TLS on this port"),
    });
  });

  it("is not sent again when some receivers have it, and says that others have not", async () => {
    const server = new MailServer({
      onRcptTo: ({ address }, _session, done) =>
        done(address.startsWith("ada") ? Object.assign(new Error("no"), { responseCode: 550 }) : null),
    });
    const refusal = await outcome(mail(await server.start()));
    await server.stop();
    expect(refusal).toMatchObject({ retryable: false, message: "sent, but the SMTP server refused 1 of 2 receivers" });
    expect(server.mails).toHaveLength(1);
  });
});

describe("a command", () => {
  const command = (script: string, env: string[] = []): Channel => {
    writeFileSync(join(root, "page.mjs"), script);
    return { ...shared, type: "command", command: [process.execPath, "page.mjs"], env };
  };

  it("gets the message on stdin, and of the environment only what is named", async () => {
    effects.env["OTHER_SECRET"] = "s";
    const script = `import { readFileSync, writeFileSync } from "node:fs";
      writeFileSync("got.json", JSON.stringify({ env: process.env, input: JSON.parse(readFileSync(0, "utf8")) }));`;
    expect(await outcome(command(script, ["HOOK_TOKEN"]))).toBe("taken");
    const { env, input } = JSON.parse(readFileSync(join(root, "got.json"), "utf8"));
    expect(input).toMatchObject({ id: outgoing.id, kind: "opened", subject: outgoing.message.subject });
    expect(env).toMatchObject({ HOOK_TOKEN: "t-1", LABS_ALERT_ID: outgoing.id, LABS_ALERT_KIND: "opened" });
    expect(env).not.toHaveProperty("OTHER_SECRET");
  });

  it("that fails is tried again, unless it says that it never takes it", async () => {
    expect(await outcome(command("process.exit(3)"))).toMatchObject({
      retryable: true,
      message: "the program ended with code 3",
    });
    expect(await outcome(command("process.exit(65)"))).toMatchObject({ retryable: false });
    expect(await outcome(command("process.kill(process.pid, 'SIGKILL')"))).toMatchObject({
      message: "the program ended by SIGKILL",
    });
    expect(await outcome({ ...command(""), command: ["./not-there"] } as Channel)).toMatchObject({
      retryable: true,
      message: expect.stringContaining("ENOENT"),
    });
    const slow = { ...command("setInterval(() => {}, 1000)"), timeoutMs: 300 } as Channel;
    expect(await outcome(slow)).toMatchObject({ retryable: true, message: "the program took longer than 0.3 seconds" });
  });
});

it("a file gets a line of JSON a message", async () => {
  const channel: Channel = { ...shared, type: "file", path: "logs/alerts.ndjson" };
  await outcome(channel);
  await outcome(channel);
  const lines = readFileSync(join(root, "logs/alerts.ndjson"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(lines).toHaveLength(2);
  expect(lines[0]).toMatchObject({ id: outgoing.id, subject: outgoing.message.subject, body: outgoing.message.body });
  writeFileSync(join(root, "plain"), "");
  expect(await outcome({ ...channel, path: "plain/alerts.ndjson" })).toMatchObject({ retryable: true });
});
