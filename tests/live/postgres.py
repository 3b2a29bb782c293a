"""A PostgreSQL server of the tests' own.

    with postgres.Server() as server:
        server.execute("CREATE TABLE t (id int)")
        ... {"host": server.host, "port": server.port, "user": server.user,
             "password": server.password, "dbname": server.database} ...

It listens on 127.0.0.1 on a free port, asks for the password, keeps all its files in one
temporary folder and is gone, with the folder, at the end of the block. Needs no psycopg.
"""
import glob
import shutil
import signal
import subprocess

from .private_server import PrivateServer


def find_program(name):
    """Debian keeps the server's programs out of PATH."""
    candidates = glob.glob(f"/usr/lib/postgresql/*/bin/{name}")
    candidates.sort(key=lambda path: float(path.split("/")[4]))
    program = candidates[-1] if candidates else shutil.which(name)
    if program is None:
        raise RuntimeError(f"PostgreSQL's {name} is not installed")
    return program


class Server(PrivateServer):
    database = "postgres"
    accounts = ("postgres",)
    end_signal = signal.SIGINT       # PostgreSQL's fast shutdown
    last_signal = signal.SIGQUIT

    def __init__(self, **settings):
        """Settings of postgresql.conf, for example wal_level="logical"."""
        super().__init__()
        self.settings = {
            "listen_addresses": self.host, "fsync": "off", "synchronous_commit": "off",
            "full_page_writes": "off", "timezone": "UTC", **settings,
        }

    def make_files(self):
        with open(self.path("password"), "w", encoding="utf-8") as file:
            file.write(self.password + "\n")
        self.run_as_server(
            find_program("initdb"), "--pgdata", self.path("data"), "--username", self.user,
            "--pwfile", self.path("password"), "--auth", "scram-sha-256", "--encoding", "UTF8",
            "--locale", "C", "--no-sync")

    def command(self):
        command = [find_program("postgres"), "-D", self.path("data"), "-p", str(self.port),
                   "-k", self.folder]
        for name, value in self.settings.items():
            command += ["-c", f"{name}={value}"]
        return command

    def answers(self):
        return subprocess.run(
            [find_program("pg_isready"), "--quiet", "-h", self.host, "-p", str(self.port)],
            check=False).returncode == 0

    def execute(self, sql, database=None):
        """Runs SQL; what it prints, unaligned, one row a line, columns separated by |."""
        return self.ask(
            [find_program("psql"), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1",
             "-h", self.host, "-p", str(self.port), "-U", self.user,
             "-d", database or self.database],
            sql, {"PGPASSWORD": self.password})
