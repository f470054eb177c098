import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";

/** 32 MB and about a tenth of a second a guess, three times over: what OWASP asks of scrypt. */
const cost = { N: 2 ** 15, r: 8, p: 3 };
const keyBytes = 32;

/** Shorter ones are refused. */
export const leastPassword = 10;
export const longestPassword = 200;

/** `scrypt$N$r$p$salt$key`: what was chosen today can still be checked when the cost has changed. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const key = await derived(password, salt, cost);
  return ["scrypt", cost.N, cost.r, cost.p, salt.toString("base64url"), key.toString("base64url")].join("$");
}

/** Whether a password fits what {@link hashPassword} made of the right one. */
export async function passwordFits(password: string, hash: string): Promise<boolean> {
  const [kind, N, r, p, salt = "", wanted = ""] = hash.split("$");
  if (kind !== "scrypt") return false;
  const key = Buffer.from(wanted, "base64url");
  const got = await derived(password, Buffer.from(salt, "base64url"), { N: Number(N), r: Number(r), p: Number(p) });
  return key.length === got.length && timingSafeEqual(key, got);
}

/** Who types the same letters on another keyboard may send them in another normal form. */
function derived(password: string, salt: Buffer, { N, r, p }: typeof cost): Promise<Buffer> {
  const maxmem = 256 * N * r;
  return new Promise((resolve, reject) =>
    scrypt(password.normalize("NFKC"), salt, keyBytes, { N, r, p, maxmem }, (error, key) =>
      error ? reject(error) : resolve(key),
    ),
  );
}
