import { Client, type ClientConfig } from "pg";
import { ledgerErrors } from "../errors.ts";

/** Where a database is. */
export interface Address {
  config: ClientConfig;
  /** For people: without the password. */
  name: string;
}

/** Reads a `postgresql://` address. What it leaves out comes from PGHOST, PGUSER, … as everywhere. Errors: LED-013. */
export function readAddress(url: string): Address {
  const scheme = /^([a-z]+):\/\//i.exec(url)?.[1]?.toLowerCase();
  if (scheme !== "postgres" && scheme !== "postgresql")
    throw invalid(scheme ? `begins with ${scheme}://` : "is no URL");
  const config = { connectionString: url };
  try {
    const { user, host, port, database } = new Client(config);
    return { config, name: `postgresql://${user ? `${user}@` : ""}${host}:${port}/${database}` };
  } catch {
    // What the parser says quotes the address, with its password.
    throw invalid("cannot be read");
  }
}

const invalid = (why: string) =>
  ledgerErrors.addressInvalid({
    message: `LABS_DATABASE_URL ${why}.`,
    hint: "Write `postgresql://user:password@host:5432/database`; characters such as @ # / in the password as %40 %23 %2F.",
  });
