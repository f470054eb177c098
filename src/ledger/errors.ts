import { catalogue } from "#errors/index.ts";

export const ledgerErrors = catalogue("ledger", {
  openFailed: {
    code: "LED-001",
    title: "Ledger cannot be opened",
    exit: 1,
    doc: "The file `.labs/ledger.db` of the workspace cannot be read or created. Labs still run; their history is not kept.",
  },
  locked: {
    code: "LED-002",
    title: "Ledger is locked",
    exit: 1,
    retryable: true,
    doc: "Another process held the ledger's write lock longer than this one waits. Usually a backup tool or a database browser with an open transaction.",
  },
  damaged: {
    code: "LED-003",
    title: "Ledger is damaged",
    exit: 1,
    doc: "The file is not an SQLite database or some of its pages are broken. No lab's data is in it: move it away and the next run begins a new one.",
  },
  tooNew: {
    code: "LED-004",
    title: "Ledger was written by a newer version",
    exit: 2,
    doc: "The ledger's schema is newer than this version of buildcpg-labs knows. Update the package.",
  },
  runUnknown: {
    code: "LED-005",
    title: "No such run",
    exit: 2,
    doc: "No run in the ledger has this id, or an id that begins or ends with it.",
  },
  runAmbiguous: {
    code: "LED-006",
    title: "Several runs match",
    exit: 2,
    doc: "More than one run's id begins or ends with the text given. Give more of it.",
  },
  writeFailed: {
    code: "LED-007",
    title: "Ledger cannot be written",
    exit: 1,
    doc: "Writing to the ledger failed: a full disk or a read-only folder. The lab's own data is not affected.",
  },
  leaseLost: {
    code: "LED-008",
    title: "Lease lost",
    exit: 1,
    doc: "A worker was frozen or cut off for longer than its lease, and its job was given to another. It stops before it writes anything more.",
  },
  tokenExists: {
    code: "LED-009",
    title: "Name is taken",
    exit: 2,
    doc: "Names of users and API tokens are unique, so that the audit log says who did something. Choose another name, or remove the user or token that has it.",
  },
  unreachable: {
    code: "LED-010",
    title: "Database cannot be reached",
    exit: 1,
    retryable: true,
    doc: "The PostgreSQL server that `LABS_DATABASE_URL` names does not answer, is starting or stopping, or takes no more connections. Everything waits some seconds for it. Runs that have begun go on and keep their history until it is back; a lease that cannot be renewed in time is lost, and its job begins again where it was.",
  },
  loginRefused: {
    code: "LED-011",
    title: "Database refuses the login",
    exit: 2,
    doc: "User or password in `LABS_DATABASE_URL` are wrong, or the server's `pg_hba.conf` does not let this host in.",
  },
  databaseUnusable: {
    code: "LED-012",
    title: "Database cannot be used",
    exit: 2,
    doc: "The database that `LABS_DATABASE_URL` names does not exist, or its user may not create tables in it. Since PostgreSQL 15 that is so in the schema `public` of a database that belongs to somebody else.",
  },
  addressInvalid: {
    code: "LED-013",
    title: "Database address is invalid",
    exit: 2,
    doc: "`LABS_DATABASE_URL` must be `postgresql://user:password@host:port/database`, with special characters of the password in percent-encoding. What it leaves out is taken from PGHOST, PGPORT, PGUSER, PGPASSWORD and PGDATABASE.",
  },
  passwordUnfit: {
    code: "LED-014",
    title: "Password is too short or too long",
    exit: 2,
    doc: "Passwords of users have 10 to 200 characters.",
  },
  copyRefused: {
    code: "LED-015",
    title: "Ledger cannot be copied now",
    exit: 2,
    doc: "`labs ledger copy` takes a ledger at rest to a database that is empty, or that has nothing but what an earlier copy left in it. Labs are being run, or the database has a history of its own.",
  },
  copyIncomplete: {
    code: "LED-016",
    title: "Copy of the ledger is incomplete",
    exit: 1,
    retryable: true,
    doc: "After copying, file and database have different numbers of rows: something was written meanwhile. The next copy goes on.",
  },
});
