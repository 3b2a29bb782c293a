"""A MariaDB server of the tests' own.

    with mariadb.Server() as server:
        server.execute("CREATE TABLE t (id int)")
        ... {"host": server.host, "port": server.port, "user": server.user,
             "password": server.password, "database": server.database} ...

It listens on 127.0.0.1 on a free port, asks for the password, keeps all its files in one
temporary folder and is gone, with the folder, at the end of the block.
"""
import os
import shutil
import subprocess

from .private_server import PrivateServer


def find_program(*names):
    """Debian keeps the server in a folder that is not in everybody's PATH."""
    folders = os.pathsep.join([os.environ["PATH"], "/usr/sbin", "/usr/libexec"])
    for name in names:
        program = shutil.which(name, path=folders)
        if program is not None:
            return program
    raise RuntimeError(f"MariaDB's {names[0]} is not installed")


class Server(PrivateServer):
    database = "shop"
    accounts = ("mysql",)

    def make_files(self):
        self.run_as_server(
            find_program("mariadb-install-db"), "--no-defaults", "--skip-test-db",
            f"--datadir={self.path('data')}")
        # Run by the server itself when it starts, a statement a line.
        with open(self.path("first.sql"), "w", encoding="utf-8") as file:
            file.write(f"CREATE DATABASE {self.database};\n"
                       f"CREATE USER {self.user}@'%' IDENTIFIED BY '{self.password}';\n"
                       f"GRANT ALL ON *.* TO {self.user}@'%';\n")

    def command(self):
        return [find_program("mariadbd"), "--no-defaults", f"--datadir={self.path('data')}",
                f"--init-file={self.path('first.sql')}", f"--socket={self.path('socket')}",
                f"--pid-file={self.path('pid')}", f"--tmpdir={self.folder}",
                f"--bind-address={self.host}", f"--port={self.port}", "--skip-name-resolve",
                "--character-set-server=utf8mb4", "--default-time-zone=+00:00",
                "--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=32M"]

    def client(self, *arguments):
        return [find_program("mariadb"), "--no-defaults", "--protocol=TCP",
                f"--host={self.host}", f"--port={self.port}", f"--user={self.user}",
                "--default-character-set=utf8mb4", "--batch", "--raw", "--skip-column-names",
                *arguments]

    def answers(self):
        return subprocess.run(
            self.client("--execute=SELECT 1"), check=False, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, env={**os.environ, "MYSQL_PWD": self.password}
        ).returncode == 0

    def execute(self, sql, database=None):
        """Runs SQL; what it prints, as it is, one row a line, columns separated by tabs."""
        return self.ask(self.client(database or self.database), sql, {"MYSQL_PWD": self.password})
