import { spawn } from "node:child_process";
import type { CommandChannel } from "#registry/index.ts";
import { type ChannelEffects, type Outgoing, Refusal, variable } from "./types.ts";

/** Taken over from our own environment; everything else must be named. */
const always = ["PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "SystemRoot"];

/**
 * Runs a program in the workspace's folder. It gets the message as JSON on stdin and id, kind and subject as LABS_ALERT_ID,
 * LABS_ALERT_KIND and LABS_ALERT_SUBJECT. Exit code 0 is success, 65 (a message it never takes) is final, others are retried.
 */
export async function sendCommand(channel: CommandChannel, outgoing: Outgoing, effects: ChannelEffects): Promise<void> {
  const { id, kind, createdAt, message } = outgoing;
  const [program = "", ...args] = channel.command;
  const env: Record<string, string> = {
    LABS_ALERT_ID: id,
    LABS_ALERT_KIND: kind,
    LABS_ALERT_SUBJECT: message.subject,
  };
  for (const name of always) if (effects.env[name] !== undefined) env[name] = effects.env[name];
  for (const name of channel.env) env[name] = variable(effects.env, name);
  await new Promise<void>((resolve, reject) => {
    // A group of its own: what the program started ends with it.
    const child = spawn(program, args, { cwd: effects.root, env, stdio: ["pipe", "ignore", "ignore"], detached: true });
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      try {
        if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
      } catch {
        child.kill("SIGKILL");
      }
    }, channel.timeoutMs);
    child.on("error", (error) => {
      clearTimeout(timer);
      reject(
        new Refusal(`the program cannot be started (${(error as NodeJS.ErrnoException).code ?? "unknown"})`, true),
      );
    });
    child.on("exit", (code, signal) => {
      clearTimeout(timer);
      if (code === 0) resolve();
      else if (late) reject(new Refusal(`the program took longer than ${channel.timeoutMs / 1000} seconds`, true));
      else
        reject(new Refusal(`the program ended ${code === null ? `by ${signal}` : `with code ${code}`}`, code !== 65));
    });
    // A program that does not read its input may still succeed.
    child.stdin.on("error", () => {});
    child.stdin.end(`${JSON.stringify({ id, kind, created_at: createdAt, ...message })}\n`);
  });
}
