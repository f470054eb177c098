import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

const places = [
  process.env["CHROMIUM"],
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/** The machine's own Chromium, without a window. On Debian and Ubuntu root installs it where it is missing. */
export async function openBrowser(): Promise<Browser> {
  const executablePath = found() ?? install();
  return chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
}

const found = () => places.find((path) => path !== undefined && existsSync(path));

/** Without a browser nothing would be judged: that is a failure, not something to leave out. */
function install(): string {
  const hint = "Install it (Debian and Ubuntu: sudo apt-get install chromium), or name one in CHROMIUM.";
  if (process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) throw new Error(`There is no Chromium. ${hint}`);
  console.log("There is no Chromium; installing it with apt-get");
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  // Lists may be old, and may be locked or unreachable while what they name is still there.
  spawnSync("apt-get", ["update", "-qq"], { env });
  const words = ["install", "-y", "-qq", "--no-install-recommends", "chromium", "fonts-dejavu-core"];
  const { status, stdout, stderr } = spawnSync("apt-get", words, { env, encoding: "utf8" });
  const path = found();
  if (status === 0 && path !== undefined) return path;
  throw new Error(`apt-get could not install Chromium.\n${stdout}${stderr}${hint}`);
}
