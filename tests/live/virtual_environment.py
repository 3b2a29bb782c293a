"""Python environments for the tests, made once and kept in build/venvs."""
import fcntl
import os
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FOLDER = os.path.join(ROOT, "build", "venvs")


class Kept:
    """A folder below build/venvs that is made anew only when its recipe has changed.

        with Kept("name", recipe) as kept:
            if not kept.is_current:
                ...make kept.folder, which does not exist...
    """

    def __init__(self, name, recipe):
        os.makedirs(FOLDER, exist_ok=True)
        self.folder = os.path.join(FOLDER, name)
        self.recipe = recipe
        self.note = self.folder + ".made-from"

    def __enter__(self):
        self.lock = open(self.folder + ".lock", "w", encoding="utf-8")
        fcntl.flock(self.lock, fcntl.LOCK_EX)
        self.is_current = os.path.isdir(self.folder) and self.made_from() == self.recipe
        if not self.is_current:
            shutil.rmtree(self.folder, ignore_errors=True)
        return self

    def __exit__(self, kind, error, traceback):
        if kind is None and not self.is_current:
            with open(self.note, "w", encoding="utf-8") as file:
                file.write(self.recipe)
        self.lock.close()

    def made_from(self):
        try:
            with open(self.note, encoding="utf-8") as file:
                return file.read()
        except FileNotFoundError:
            return None


def python(name, requirements):
    """The interpreter of an environment that has the requirements."""
    with Kept(name, "\n".join(requirements)) as kept:
        interpreter = os.path.join(kept.folder, "bin", "python")
        if not kept.is_current:
            print(f"installing {', '.join(requirements)}", file=sys.stderr)
            subprocess.run([sys.executable, "-m", "venv", kept.folder], check=True)
            subprocess.run([interpreter, "-m", "pip", "install", "--quiet",
                            "--disable-pip-version-check", *requirements], check=True)
    return interpreter
