#!/usr/bin/env python3
"""A Singer tap that does as its config says, and fails the way real taps do.

    fake_tap.py [--style STYLE] --config FILE [--discover | [--catalog FILE]
                [--properties FILE] [--state FILE] | --test]
                | --help | --about --format=json

The style is what --help says and which options are taken: see STYLES. The config:

    streams      names; default ["users"]
    records      of each stream; default 3
    state_every  records from one STATE to the next; default: one at the end of each stream
    fault        a key of FAULTS; default: none
    moment       discover, test, start, middle (of the first stream) or end; default start
    text         for the fault "write": what to write, one byte a character; for "leave_script": a
                 shell's script
    rotate       for the faults "rotate_...": what the tap puts into its config, as a list:
                 one object for each time; an object in it goes into the one that is there
"""
import atexit
import json
import multiprocessing
import os
import resource
import signal
import subprocess
import sys
import threading
import time

IGNORE_AND_SLEEP = """
import signal, time
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)
time.sleep(60)
"""
ARGPARSE = """usage: fake_tap.py [-h] -c CONFIG {0}

optional arguments:
  -h, --help            show this help message and exit
  -c CONFIG, --config CONFIG
                        Config file
{1}"""
ARGPARSE_OPTIONS = {
    "--state": "  -s STATE, --state STATE\n                        State file\n",
    "--properties": "  -p PROPERTIES, --properties PROPERTIES\n"
                    "                        Property selections: DEPRECATED\n",
    "--catalog": "  --catalog CATALOG     Catalog file\n",
    "--discover": "  -d, --discover        Do schema discovery\n",
}
CLICK = """Usage: fake_tap.py [OPTIONS]

  Execute the Singer tap.

Options:
  --state PATH              Use a bookmarks file for incremental replication.
  --catalog PATH            Use a Singer catalog file with the tap.
  --discover                Run the tap in discovery mode.
  --config TEXT             Configuration file location or 'ENV' to use
                            environment variables.
  --help                    Show this message and exit.
"""
ABOUT = "  --about                   Display package metadata and settings.\n"
STYLES = {
    "argparse": ["--state", "--properties", "--catalog", "--discover"],
    "click": ["--state", "--catalog", "--discover"],
    "properties": ["--state", "--properties", "--discover"],
    "catalog": ["--state", "--catalog", "--discover"],
    "old": ["--state"],
    "fixerio": ["--state", "--discover"],
    "helpless": ["--state", "--catalog", "--discover"],
    # as click, with --about, which lists structured-logging, or does not, or fails
    "sdk": ["--state", "--catalog", "--discover", "--test"],
    "sdk_plain": ["--state", "--catalog", "--discover"],
    "sdk_failing": ["--state", "--catalog", "--discover"],
}


def raw(data):
    """Past Python's own buffers, all of it."""
    sys.stdout.flush()
    while data:
        data = data[os.write(1, data):]


def message(**members):
    sys.stdout.write(json.dumps(members) + "\n")


def log(text):
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def metric(tap):
    log('INFO METRIC: {"type": "counter", "metric": "record_count", "value": 3, "tags": {}}')


def sleep_for_long():
    sys.stdout.flush()
    while True:
        time.sleep(60)


class Tap:
    def __init__(self, style, options):
        self.style = style
        self.options = options
        with open(options["--config"], encoding="utf-8") as file:
            self.config = json.load(file)
        self.streams = self.config.get("streams", ["users"])
        self.records = self.config.get("records", 3)
        self.state = {"bookmarks": {}}
        if "--state" in options:
            with open(options["--state"], encoding="utf-8") as file:
                self.state = json.load(file)

    def fault(self, moment):
        if self.config.get("moment", "start") == moment and "fault" in self.config:
            FAULTS[self.config["fault"]](self)

    def schema(self):
        return {"type": "object", "properties": {"id": {"type": "integer"},
                                                 "name": {"type": ["null", "string"]},
                                                 "about": {"type": ["null", "object"]}}}

    def catalog(self):
        return {"streams": [
            {"tap_stream_id": name, "stream": name, "schema": self.schema(),
             "key_properties": ["id"],
             "metadata": [{"breadcrumb": [], "metadata": {"valid-replication-keys": ["id"],
                                                          "inclusion": "available"}},
                          {"breadcrumb": ["properties", "name"],
                           "metadata": {"inclusion": "available"}}]}
            for name in self.streams]}

    def discover(self):
        if self.style == "fixerio":
            self.sync()
        else:
            self.fault("discover")
            sys.stdout.write(json.dumps(self.catalog(), indent=2) + "\n")

    def test(self):
        """As Meltano's SDK: each stream up to its first record, which the log calls an error."""
        if sys.argv[-1] != "--test":
            sys.exit("Error: '--test' takes what comes behind it for its value")
        for name in self.streams:
            message(type="SCHEMA", stream=name, schema=self.schema(), key_properties=["id"])
        log("2024-01-01 12:00:00,000 | ERROR    | fake_tap.users | "
            "An unhandled error occurred while syncing 'users'")
        self.fault("test")

    def selected(self):
        path = self.options.get("--catalog", self.options.get("--properties"))
        if path is None:
            return self.streams
        with open(path, encoding="utf-8") as file:
            catalog = json.load(file)
        return [stream["stream"] for stream in catalog["streams"]
                if any(item["breadcrumb"] == [] and item["metadata"].get("selected")
                       for item in stream["metadata"])]

    def write_state(self):
        message(type="STATE", value=self.state)
        sys.stdout.flush()

    def sync(self):
        self.fault("start")
        for name in self.selected():
            self.sync_stream(name)
        self.fault("end")

    def sync_stream(self, name):
        log(f"INFO Syncing {name}")
        message(type="SCHEMA", stream=name, schema=self.schema(), key_properties=["id"])
        bookmarks = self.state.setdefault("bookmarks", {})
        for number in range(bookmarks.get(name, {}).get("id", 0) + 1, self.records + 1):
            message(type="RECORD", stream=name, record={"id": number, "name": f"name {number}"})
            bookmarks[name] = {"id": number}
            if number % self.config.get("state_every", self.records) == 0:
                self.write_state()
            if number == self.records // 2 and name == self.streams[0]:
                self.fault("middle")


def critical(tap):
    log(f"INFO Logging in with {tap.config['password']}")
    log(f"CRITICAL 401 Unauthorized: the password {tap.config['password']} is wrong")
    sys.exit(1)


def traceback(tap):
    raise RuntimeError(f"cannot read /users?key={tap.config['password']}: Connection refused")


def usage(tap):
    log("usage: fake_tap.py [-h] -c CONFIG\nfake_tap.py: error: unrecognized arguments: --x")
    sys.exit(2)


def die_in_a_line(number):
    def die(tap):
        raw(b'{"type": "RECORD", "stream": "users", "record": {"id": 77, "na')
        os.kill(os.getpid(), number)
    return die


def hang(tap):
    log("INFO waiting")
    sleep_for_long()


def ignore_sigterm(tap):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    hang(tap)


def hang_with_family(tap):
    """Children in the group and out of it, who ignore what can be ignored; as does the tap."""
    for outside in (False, True):
        subprocess.Popen([sys.executable, "-c", IGNORE_AND_SLEEP], start_new_session=outside)
    time.sleep(0.5)
    ignore_sigterm(tap)


def hang_without(fd):
    def close_and_hang(tap):
        sys.stdout.flush()
        log("INFO waiting")
        os.close(fd)
        while True:
            time.sleep(60)
    return close_and_hang


def stop_itself(tap):
    sys.stdout.flush()
    log("INFO waiting")
    os.kill(os.getpid(), signal.SIGSTOP)
    sleep_for_long()


def leave_dying_children(tap):
    """Whose parents are gone before they end themselves."""
    for _ in range(20):
        subprocess.run(["sh", "-c", "sleep 0.1 & (sleep 0.1 &)"], check=True)
    time.sleep(0.5)
    hang(tap)


def state_on_sigterm(tap):
    """As the taps of Meltano's SDK: a last STATE, and exit code 0."""
    def stop(number, frame):
        log("INFO Gracefully shutting down")
        tap.state["bookmarks"]["users"] = {"id": 4711}
        tap.write_state()
        sys.exit(0)

    signal.signal(signal.SIGTERM, stop)
    hang(tap)


def state_slowly_on_sigterm(tap):
    def stop(number, frame):
        log("INFO Gracefully shutting down")
        time.sleep(1)
        tap.state["bookmarks"]["users"] = {"id": 4711}
        tap.write_state()
        sys.exit(0)

    signal.signal(signal.SIGTERM, stop)
    hang(tap)


def leave_child(new_session):
    def leave(tap):
        sys.stdout.flush()
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"],
                         start_new_session=new_session)
    return leave


def leave_child_without_pipes(tap):
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"],
                     stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def leave_script(tap):
    """A shell in a session of its own, with the tap's stdout and stderr."""
    sys.stdout.flush()
    subprocess.Popen(["sh", "-c", tap.config["text"]], start_new_session=True)


def trickle(tap):
    log("INFO waiting")
    for number in range(101, 121):
        message(type="RECORD", stream="users", record={"id": number})
        sys.stdout.flush()
        time.sleep(0.3)


def think(tap):
    log("INFO waiting")
    time.sleep(2)


def close_stdout(tap):
    sys.stdout.flush()
    os.close(1)
    time.sleep(1)
    log("INFO still alive")
    os._exit(0)


def close_stdout_and_hang(tap):
    sys.stdout.flush()
    os.close(1)
    sys.stdout = open(os.devnull, "w", encoding="utf-8")
    sleep_for_long()


def traceback_and_hang(tap):
    """As tap-jira with a bad token: a thread that is no daemon keeps it alive."""
    threading.Timer(3500, lambda: None).start()
    raise RuntimeError("cannot refresh the token")


def rate_limit(tap):
    log("WARNING Rate limit reached. Sleeping for 90 seconds.")
    time.sleep(1)


def pause(tap):
    sys.stdout.flush()
    time.sleep(17)


def print_a_lot(tap):
    sys.stdout.write("".join(f"line {number}\n" for number in range(5000)))


def thread_dies(tap):
    def fail():
        raise RuntimeError("cannot read page 3")

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()


def endless_log_line(tap):
    block = b"x" * 1000000
    os.write(2, b"INFO start ")
    for _ in range(20):
        os.write(2, block)
    os.write(2, tap.config["password"].encode() + b"\nINFO after it\n")


def repeat_itself(tap):
    for number in range(500):
        log("WARNING the same again")
    log("INFO something else")


def flood_debug(tap):
    for number in range(1500):
        log(f"DEBUG request {number}")
    log("INFO what a person needs")


def close_stderr(tap):
    sys.stderr.flush()
    os.close(2)
    sys.stderr = open(os.devnull, "w", encoding="utf-8")


def flood_stderr(tap):
    for number in range(10 * 1024):
        os.write(2, b"INFO %d " % number + b"x" * 1000 + b"\n")


def long_line(tap):
    record = {"id": 1000, "name": "x" * (20 << 20)}
    message(type="RECORD", stream="users", record=record)


def eat_memory(tap):
    tap.memory = []
    while True:
        tap.memory.append(b"x" * 1000000)


def lose_child(tap):
    """To the kernel, which takes the largest process of a container; and goes on."""
    sys.stdout.flush()
    subprocess.run([sys.executable, "-c", "x = []\nwhile True: x.append(b'x' * 1000000)"],
                   check=False)


def lose_worker(tap):
    sys.stdout.flush()
    worker = multiprocessing.Process(target=eat_memory, args=[tap])
    worker.start()
    worker.join()


def write(tap):
    raw(tap.config["text"].encode("latin-1"))


def write_and_end(tap):
    write(tap)
    sys.exit(0)


def write_half_and_end(tap):
    raw(json.dumps(tap.catalog(), indent=2).encode()[:100])
    sys.exit(0)


def text_after(tap):
    sys.stdout.write(json.dumps(tap.catalog(), indent=2) + "\nThat is all.\n")
    sys.exit(0)


def nul_in_record(tap):
    raw(b'{"type": "RECORD", "stream": "users", "record": {"id": 1, "name": "a\0b"}}\n')


def leave_files(tap):
    os.makedirs("a/b/c")
    for path in ("x", "a/y", "a/b/c/.z"):
        with open(path, "w", encoding="utf-8") as file:
            file.write(tap.config["password"])
    os.symlink("/", "a/root")
    os.chmod("a/b", 0o500)


def merge(config, changes):
    for key, value in changes.items():
        if isinstance(value, dict) and isinstance(config.get(key), dict):
            merge(config[key], value)
        else:
            config[key] = value


def rotations(tap):
    """(the path of the config, the next text of it), one after the other."""
    path = tap.options["--config"]
    for changes in tap.config["rotate"]:
        with open(path, encoding="utf-8") as file:
            config = json.load(file)
        merge(config, changes)
        yield path, json.dumps(config, indent=2)


def rotate(write_file):
    def fault(tap):
        for path, text in rotations(tap):
            write_file(path, text)
        log(f"INFO the config has {json.dumps(tap.config['rotate'][-1])} now")
    return fault


def write_file(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def write_by_rename(path, text):
    write_file(path + ".new", text)
    os.rename(path + ".new", path)


def write_again(path, text):
    os.unlink(path)
    write_file(path, text)


def write_slowly(path, text):
    with open(path, "wb", buffering=0) as file:
        for byte in text.encode():
            file.write(bytes([byte]))
            time.sleep(0.001)


def write_over(path, text):
    """A valid config all the time, and never the right one until the end."""
    with open(path, "r+b", buffering=0) as file:
        for byte in text.encode():
            file.write(bytes([byte]))
            time.sleep(0.001)
        file.truncate()


def rotate_in_thread(tap):
    thread = threading.Thread(target=rotate(write_slowly), args=[tap])
    thread.start()
    atexit.register(thread.join)


def rotate_at_exit(tap):
    atexit.register(rotate(write_file), tap)


def rotate_by_grandchild(tap):
    """It holds the pipes for longer than the tap lives."""
    for path, text in list(rotations(tap))[-1:]:
        subprocess.Popen([sys.executable, "-c", "import sys, time; time.sleep(0.5); "
                          "open(sys.argv[1], 'w').write(sys.argv[2])", path, text])


def rotate_on_sigterm(tap):
    def stop(number, frame):
        time.sleep(0.2)
        rotate(write_file)(tap)
        os._exit(0)

    signal.signal(signal.SIGTERM, stop)
    hang(tap)


def rotate_and_hang(tap):
    """Long after the last line, and in silence."""
    sys.stdout.flush()
    time.sleep(0.6)
    for path, text in rotations(tap):
        write_file(path, text)
    sleep_for_long()


def rotate_while_stopped(tap):
    """When tapbyte goes on, it finds all of this at once, the lines first."""
    sys.stdout.flush()
    os.kill(os.getppid(), signal.SIGSTOP)
    log("INFO stopped")
    message(type="RECORD", stream="users", record={"id": 1000})
    sys.stdout.flush()
    rotate(write_file)(tap)
    message(type="STATE", value={"bookmarks": {"users": {"id": 1000}}})
    sys.stdout.flush()
    os.kill(os.getppid(), signal.SIGCONT)


def rotate_as_tap_salesforce(tap):
    """Salesforce._write_config, and the login's log line that shows the tokens."""
    path = tap.options["--config"]
    for changes in tap.config["rotate"]:
        body = {name: tap.config[name] for name in ("client_secret", "refresh_token")}
        log(f"INFO Attempting login via OAuth2 with body {body}")
        with open(path, encoding="utf-8") as file:
            config = json.load(file)
        config["refresh_token"] = changes["refresh_token"]
        with open(path, "w", encoding="utf-8") as file:
            json.dump(config, file, indent=2)
        log("INFO Updated config file with new refresh token.")
        log(f"INFO refreshed {changes['refresh_token']}")


def reformat(tap):
    with open(tap.options["--config"], "w", encoding="utf-8") as file:
        json.dump(dict(reversed(tap.config.items())), file, indent=7, ensure_ascii=True)


def break_config(how):
    """The config as something else than a file with JSON."""
    def fault(tap):
        path = tap.options["--config"]
        os.unlink(path)
        how(path)
    return fault


def link_config(path):
    write_file(path + ".other", json.dumps({"password": "from elsewhere"}))
    os.symlink(path + ".other", path)


def make_huge_config(path):
    write_file(path, "{")
    os.truncate(path, 10 << 30)


def open_files():
    """What the tap was given besides stdin, stdout, stderr: numbers."""
    return [int(name) for name in os.listdir("/proc/self/fd")
            if int(name) > 2 and os.path.exists(f"/proc/self/fd/{name}")]


def tell(tap):
    """The surroundings, as a record."""
    files = {}
    for option in ("--catalog", "--properties", "--state"):
        if option in tap.options:
            with open(tap.options[option], encoding="utf-8") as file:
                files[option] = json.load(file)
    log_config = os.environ.get("SINGER_SDK_LOG_CONFIG")
    if log_config is not None and os.path.exists(log_config):
        with open(log_config, encoding="utf-8") as file:
            files["log_config"] = json.load(file)
    about = {
        "argv": sys.argv, "environ": dict(os.environ), "cwd": os.getcwd(),
        "stdin": sys.stdin.read(), "files": files,
        "modes": {name: oct(os.stat(name).st_mode & 0o777) for name in [".", *os.listdir(".")]},
        "core": resource.getrlimit(resource.RLIMIT_CORE),
        "open": open_files(), "session": os.getsid(0) == os.getpid(),
        "ignored": [number for number in (signal.SIGPIPE, signal.SIGTERM, signal.SIGINT)
                    if signal.getsignal(number) == signal.SIG_IGN and number != signal.SIGPIPE],
    }
    message(type="RECORD", stream="users", record={"id": 0, "about": about})


FAULTS = {
    "critical": critical,
    "traceback": traceback,
    "usage": usage,
    "exit_3": lambda tap: sys.exit(3),
    "exit_255": lambda tap: sys.exit(-1),
    "exit_0": lambda tap: sys.exit(0),
    "sigkill_in_a_line": die_in_a_line(signal.SIGKILL),
    "sigsegv_in_a_line": die_in_a_line(signal.SIGSEGV),
    "metric": metric,
    "hang": hang,
    "ignore_sigterm": ignore_sigterm,
    "hang_with_family": hang_with_family,
    "hang_without_stdout": hang_without(1),
    "hang_without_stderr": hang_without(2),
    "stop_itself": stop_itself,
    "leave_dying_children": leave_dying_children,
    "state_on_sigterm": state_on_sigterm,
    "state_slowly_on_sigterm": state_slowly_on_sigterm,
    "leave_child": leave_child(new_session=False),
    "leave_child_outside": leave_child(new_session=True),
    "leave_script": leave_script,
    "trickle": trickle,
    "think": think,
    "leave_child_without_pipes": leave_child_without_pipes,
    "close_stdout": close_stdout,
    "close_stdout_and_hang": close_stdout_and_hang,
    "traceback_and_hang": traceback_and_hang,
    "rate_limit": rate_limit,
    "pause": pause,
    "endless_log_line": endless_log_line,
    "print_a_lot": print_a_lot,
    "thread_dies": thread_dies,
    "repeat_itself": repeat_itself,
    "close_stderr": close_stderr,
    "eat_memory": eat_memory,
    "lose_child": lose_child,
    "lose_worker": lose_worker,
    "flood_stderr": flood_stderr,
    "flood_debug": flood_debug,
    "long_line": long_line,
    "write": write,
    "write_and_end": write_and_end,
    "write_half_and_end": write_half_and_end,
    "text_after": text_after,
    "nul_in_record": nul_in_record,
    "leave_files": leave_files,
    "tell": tell,
    "rotate_in_place": rotate(write_file),
    "rotate_by_rename": rotate(write_by_rename),
    "rotate_again": rotate(write_again),
    "rotate_slowly": rotate(write_slowly),
    "rotate_over": rotate(write_over),
    "rotate_in_thread": rotate_in_thread,
    "rotate_at_exit": rotate_at_exit,
    "rotate_by_grandchild": rotate_by_grandchild,
    "rotate_on_sigterm": rotate_on_sigterm,
    "rotate_and_hang": rotate_and_hang,
    "rotate_while_stopped": rotate_while_stopped,
    "rotate_as_tap_salesforce": rotate_as_tap_salesforce,
    "reformat_config": reformat,
    "cut_config": break_config(lambda path: write_file(path, '{"password": "cut o')),
    "remove_config": break_config(lambda path: None),
    "link_config": break_config(link_config),
    "fifo_config": break_config(os.mkfifo),
    "folder_config": break_config(os.mkdir),
    "huge_config": break_config(make_huge_config),
}


def print_help(style):
    if style == "helpless":
        sys.exit("ModuleNotFoundError: No module named 'six'")
    if style == "click" or style.startswith("sdk"):
        sys.stdout.write(CLICK + (ABOUT if style != "click" else ""))
    else:
        names = STYLES[style]
        sys.stdout.write(ARGPARSE.format(" ".join(f"[{name}]" for name in names),
                                         "".join(ARGPARSE_OPTIONS[name] for name in names)))


def print_about(style):
    if style == "sdk_failing":
        sys.exit("KeyError: 'PACKAGE'")
    capabilities = ["catalog", "state", "discover", "about"]
    if style == "sdk":
        capabilities.append("structured-logging")
    sys.stdout.write(json.dumps({"name": "fake", "capabilities": capabilities}, indent=2) + "\n")


def main():
    arguments = sys.argv[1:]
    style = "argparse"
    if arguments[:1] == ["--style"]:
        style, arguments = arguments[1], arguments[2:]
    options = {}
    while arguments:
        name = arguments.pop(0)
        if name == "--help":
            print_help(style)
            return
        if name == "--about" and style.startswith("sdk") and arguments == ["--format=json"]:
            print_about(style)
            return
        if name not in ["--config", *STYLES[style]]:
            log(f"fake_tap.py: error: unrecognized arguments: {name}")
            sys.exit(2)
        options[name] = True if name in ("--discover", "--test") else arguments.pop(0)
    tap = Tap(style, options)
    if "--discover" in options:
        tap.discover()
    elif "--test" in options:
        tap.test()
    else:
        tap.sync()
    sys.stdout.flush()


if __name__ == "__main__":
    main()
