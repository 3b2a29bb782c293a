"""Where stdout may lead: a file, a pipe, a terminal, a full disk, nowhere."""
import os
import pty
import select
import subprocess
import unittest

from e2e.sandbox import TAPBYTE, Result, Sandbox, check_always

RECORDS = 2000


class Stdout(unittest.TestCase):
    def read_into(self, stdout, **options):
        with Sandbox(config={"records": RECORDS}) as sandbox:
            return sandbox.read("users", stdout=stdout, **options)

    def check_output(self, result, output):
        found = Result(result.code, output, result.stderr.encode(), result.left)
        check_always(self, found)
        self.assertEqual(found.code, 0)
        self.assertEqual(len(found.records), RECORDS)
        self.assertEqual(found.last_statuses, {"users": "COMPLETE"})

    def test_a_file_gets_all(self):
        with Sandbox() as other:
            path = other.path("output")
            with open(path, "wb") as file:
                result = self.read_into(file)
            with open(path, "rb") as file:
                self.check_output(result, file.read())

    def test_a_file_that_is_appended_to_keeps_what_it_has(self):
        with Sandbox() as other:
            path = other.write("output", '{"type":"LOG","log":{"level":"INFO","message":"m"}}\n')
            with open(path, "ab") as file:
                result = self.read_into(file)
            with open(path, "rb") as file:
                output = file.read()
            self.assertTrue(output.startswith(b'{"type":"LOG"'))
            self.check_output(result, output)

    def test_a_terminal_gets_all_and_keeps_blocking(self):
        ours, theirs = pty.openpty()
        output = b""
        with Sandbox(config={"records": RECORDS}) as sandbox:
            process = sandbox.start("read", "--config", sandbox.config,
                                    "--catalog", sandbox.catalog("users"), stdout=theirs)
            ended = False
            while not ended:
                ended = process.poll() is not None
                while select.select([ours], [], [], 0.05)[0]:
                    output += os.read(ours, 65536)
            self.assertTrue(os.get_blocking(theirs))
            result = sandbox.finish(process)
        os.close(theirs)
        os.close(ours)
        self.check_output(result, output.replace(b"\r\n", b"\n"))

    def test_a_pipe_that_others_share_keeps_blocking(self):
        ours, theirs = os.pipe()
        with Sandbox(config={"records": 3}) as sandbox:
            result = sandbox.read("users", stdout=theirs)
        self.assertEqual(result.code, 0)
        self.assertTrue(os.get_blocking(theirs))
        os.close(theirs)
        os.close(ours)

    def test_a_full_disk_is_an_error_on_stderr(self):
        for command in ("spec", "check", "discover", "read"):
            with self.subTest(command), open("/dev/full", "wb") as full, Sandbox() as sandbox:
                arguments = [] if command == "spec" else ["--config", sandbox.config]
                if command == "read":
                    arguments += ["--catalog", sandbox.catalog("users")]
                result = sandbox.run(command, *arguments, stdout=full)
                self.assertEqual(result.code, 1)
                self.assertEqual(result.stderr,
                                 "tapbyte: cannot write to stdout: No space left on device\n")
                self.assertEqual(result.left, [])

    def test_no_stdout_is_an_error_on_stderr(self):
        for closed in ("1", "0 1"):
            with self.subTest(closed), Sandbox() as sandbox:
                descriptors = " ".join(f"{number}>&-" for number in closed.split())
                process = subprocess.run(
                    ["sh", "-c", f'exec "$0" "$@" {descriptors}', TAPBYTE, "read", "--config",
                     sandbox.config, "--catalog", sandbox.catalog("users")], check=False,
                    env=sandbox.environment(TAPBYTE_TAP=sandbox.tap), stderr=subprocess.PIPE)
                self.assertEqual(process.returncode, 1)
                self.assertEqual(process.stderr.decode(),
                                 "tapbyte: cannot write to stdout: Bad file descriptor\n")
                self.assertEqual(sandbox.leftovers(), [])


if __name__ == "__main__":
    unittest.main()
