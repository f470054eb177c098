/** Python that both exports share: how a task runs the command. No text of the workspace is in here. */
export const runLabs = String.raw`
COMMAND = shlex.split(os.environ.get("LABS_COMMAND", "labs"))


def run_labs(*words):
    """Runs the command in the workspace and shows what it says, as it says it. Returns its exit code."""
    process = subprocess.Popen(
        [*COMMAND, *words],
        cwd=WORKSPACE,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    try:
        for line in process.stdout:
            print(line.rstrip("\n"), flush=True)
        return process.wait()
    finally:
        # The task was stopped: the command gets time to end well, and is ended when it does not.
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def ask_labs(*words):
    """Runs the command with JSON as its answer; None when there is none."""
    done = subprocess.run([*COMMAND, *words, "-o", "json"], cwd=WORKSPACE, stdin=subprocess.DEVNULL, capture_output=True)
    try:
        return json.loads(done.stdout)
    except ValueError:
        return None


def may_pass(lab):
    """Whether the lab's last run failed for a reason that can be another one the next time, such as a network that was down."""
    answer = ask_labs("logs", lab, "--level", "error") or {}
    error = ((answer.get("run") or {}).get("summary") or {}).get("error") or {}
    return bool(error.get("retryable"))


def tell(text):
    """Posts a failure to a Slack-compatible webhook, when the environment names one."""
    url = os.environ.get("LABS_FAILURE_WEBHOOK")
    if not url:
        return
    request = urllib.request.Request(
        url, data=json.dumps({"text": text}).encode(), headers={"content-type": "application/json"}
    )
    try:
        urllib.request.urlopen(request, timeout=10).close()
    except Exception as error:  # An alert that cannot be sent must not hide what it is about.
        print(f"The failure could not be told to LABS_FAILURE_WEBHOOK: {error}")
`;
