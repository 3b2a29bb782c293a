"""What the private database servers of the tests have in common: a temporary folder, a free
port on 127.0.0.1, a user who is not root, and an end that leaves nothing behind."""
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time

START_LIMIT = 60  # seconds


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def unprivileged_user(*names):
    """Whom the server runs as: database servers refuse to be run by root. None: as we are."""
    if os.geteuid() != 0:
        return None
    for name in (*names, "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            pass
    raise RuntimeError(f"there is none of the users {', '.join(names)}, nobody to run a server")


class PrivateServer:
    """A subclass says how its server is made, started, asked and ended."""
    host = "127.0.0.1"
    user = "tester"
    password = "a password of the tests"

    wanted_port = None               # None: a free one
    accounts = ()                    # users to prefer over nobody
    end_signal = signal.SIGTERM
    last_signal = signal.SIGKILL

    def make_files(self):
        raise NotImplementedError

    def command(self):
        raise NotImplementedError

    def answers(self):
        raise NotImplementedError

    def __init__(self):
        self.account = unprivileged_user(*self.accounts)
        self.process = None
        self.folder = None
        self.port = None

    def __enter__(self):
        # A short path, as the name of a socket must be short; readable by the server's user.
        self.folder = tempfile.mkdtemp(prefix="tapbyte-db-", dir="/tmp")
        try:
            if self.account:
                os.chown(self.folder, self.account.pw_uid, self.account.pw_gid)
            self.make_files()
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, kind, error, traceback):
        self.stop()

    def as_server(self):
        """Arguments for subprocess: run as the server's user, with its files as home."""
        arguments = {"cwd": self.folder, "stdin": subprocess.DEVNULL,
                     "env": {"PATH": os.environ["PATH"], "HOME": self.folder, "LC_ALL": "C"}}
        if self.account:
            arguments.update(user=self.account.pw_uid, group=self.account.pw_gid, extra_groups=[])
        return arguments

    def path(self, name):
        return os.path.join(self.folder, name)

    def run_as_server(self, *command):
        result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                check=False, **self.as_server())
        if result.returncode != 0:
            raise RuntimeError(f"{command[0]} failed:\n" + result.stdout.decode(errors="replace"))

    def start(self):
        self.port = self.wanted_port or free_port()
        with open(self.path("log"), "wb") as log:
            self.process = subprocess.Popen(self.command(), stdout=log, stderr=log,
                                            start_new_session=True, **self.as_server())
        deadline = time.monotonic() + START_LIMIT
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                with open(self.path("log"), encoding="utf-8", errors="replace") as log:
                    raise RuntimeError("the server did not start:\n" + log.read())
            time.sleep(0.1)

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(self.end_signal)
            try:
                self.process.wait(timeout=START_LIMIT)
            except subprocess.TimeoutExpired:
                self.process.send_signal(self.last_signal)
                self.process.wait()
        self.process = None
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)
        self.folder = None

    @staticmethod
    def ask(command, sql, environment):
        """What a client program prints when it is given the SQL."""
        result = subprocess.run(command, input=sql.encode(), stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, check=False,
                                env={**os.environ, **environment})
        if result.returncode != 0:
            raise RuntimeError(f"{os.path.basename(command[0])} failed: "
                               + result.stderr.decode(errors="replace"))
        return result.stdout.decode()
