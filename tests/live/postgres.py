"""A PostgreSQL server of the tests' own.

    with postgres.Server() as server:
        server.execute("CREATE TABLE t (id int)")
        ... {"host": server.host, "port": server.port, "user": server.user,
             "password": server.password, "dbname": server.database} ...

It listens on 127.0.0.1 on a free port, asks for the password, keeps all its files in one
temporary folder and is gone, with the folder, at the end of the block. Needs no psycopg.
"""
import glob
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time

START_LIMIT = 60  # seconds


def find_program(name):
    """Debian keeps the server's programs out of PATH."""
    candidates = glob.glob(f"/usr/lib/postgresql/*/bin/{name}")
    candidates.sort(key=lambda path: float(path.split("/")[4]))
    program = candidates[-1] if candidates else shutil.which(name)
    if program is None:
        raise RuntimeError(f"PostgreSQL's {name} is not installed")
    return program


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def unprivileged_user():
    """Whom the server runs as: PostgreSQL refuses to be run by root. None: as we are."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            pass
    raise RuntimeError("there is neither a user postgres nor a user nobody to run PostgreSQL")


class Server:
    host = "127.0.0.1"
    user = "tester"
    password = "a password of the tests"
    database = "postgres"

    def __init__(self, **settings):
        """Settings of postgresql.conf, for example wal_level="logical"."""
        self.settings = {
            "listen_addresses": self.host, "fsync": "off", "synchronous_commit": "off",
            "full_page_writes": "off", "timezone": "UTC", **settings,
        }
        self.account = unprivileged_user()
        self.process = None
        self.folder = None
        self.port = None

    def __enter__(self):
        # A short path, as the name of a socket must be short; readable by the server's user.
        self.folder = tempfile.mkdtemp(prefix="tapbyte-pg-", dir="/tmp")
        try:
            if self.account:
                os.chown(self.folder, self.account.pw_uid, self.account.pw_gid)
            self.make_cluster()
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

    def make_cluster(self):
        with open(self.path("password"), "w", encoding="utf-8") as file:
            file.write(self.password + "\n")
        result = subprocess.run(
            [find_program("initdb"), "--pgdata", self.path("data"), "--username", self.user,
             "--pwfile", self.path("password"), "--auth", "scram-sha-256", "--encoding", "UTF8",
             "--locale", "C", "--no-sync"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, **self.as_server())
        if result.returncode != 0:
            raise RuntimeError("initdb failed:\n" + result.stdout.decode(errors="replace"))

    def start(self):
        self.port = free_port()
        command = [find_program("postgres"), "-D", self.path("data"), "-p", str(self.port),
                   "-k", self.folder]
        for name, value in self.settings.items():
            command += ["-c", f"{name}={value}"]
        with open(self.path("log"), "wb") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True,
                                            **self.as_server())
        deadline = time.monotonic() + START_LIMIT
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                with open(self.path("log"), encoding="utf-8", errors="replace") as log:
                    raise RuntimeError("PostgreSQL did not start:\n" + log.read())
            time.sleep(0.1)

    def answers(self):
        return subprocess.run(
            [find_program("pg_isready"), "--quiet", "-h", self.host, "-p", str(self.port)],
            check=False).returncode == 0

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)  # PostgreSQL's fast shutdown
            try:
                self.process.wait(timeout=START_LIMIT)
            except subprocess.TimeoutExpired:
                self.process.send_signal(signal.SIGQUIT)
                self.process.wait()
        self.process = None
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)
        self.folder = None

    def execute(self, sql, database=None):
        """Runs SQL; what it prints, unaligned, one row a line, columns separated by |."""
        result = subprocess.run(
            [find_program("psql"), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1",
             "-h", self.host, "-p", str(self.port), "-U", self.user,
             "-d", database or self.database],
            input=sql.encode(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False,
            env={**os.environ, "PGPASSWORD": self.password})
        if result.returncode != 0:
            raise RuntimeError("psql failed: " + result.stderr.decode(errors="replace"))
        return result.stdout.decode()
