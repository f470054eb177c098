// Imports nothing: an old Node must be able to read this far.
const wanted = [22, 12];
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < wanted[0]! || (major === wanted[0] && minor < wanted[1]!)) {
  process.stderr.write(`labs needs Node ${wanted.join(".")} or newer, and this is ${process.versions.node}.\n`);
  process.exit(2);
}

// File calls wait behind running queries when the pool is small; it is sized at its first use.
process.env["UV_THREADPOOL_SIZE"] ??= "16";

export {};
