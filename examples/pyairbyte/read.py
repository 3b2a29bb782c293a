#!/usr/bin/env python3
"""Reads with a wrapped tap from PyAirbyte (pip install airbyte).

    examples/pyairbyte/read.py          with ./tapbyte, after `tapbyte install csv`
    examples/pyairbyte/read.py IMAGE    with an image of `tapbyte build csv`

PyAirbyte keeps what it read in ./.cache. The paths of the files are part of their records' keys
and others in a container, so each way has a cache of its own.
"""
import json
import os
import shutil
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))

# PyAirbyte looks every connector up in Airbyte's registry, where this one is not.
REGISTRY = tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8")
json.dump({"sources": [], "destinations": []}, REGISTRY)
REGISTRY.flush()
os.environ.update(AIRBYTE_OFFLINE_MODE="1", AIRBYTE_LOCAL_REGISTRY=REGISTRY.name,
                  DO_NOT_TRACK="1")

import airbyte  # noqa: E402 (after the settings)


def source():
    if len(sys.argv) > 1:
        # PyAirbyte gives the container the folder ./source-csv as /local.
        shutil.copytree(f"{ROOT}/examples/csv/data", "source-csv", dirs_exist_ok=True)
        return airbyte.get_source("source-csv", config={"path": "/local"},
                                  docker_image=sys.argv[1], streams="*")
    os.environ["TAPBYTE_TAP"] = os.path.join(ROOT, "taps/csv")
    return airbyte.get_source("source-csv", config={"path": f"{ROOT}/examples/csv/data"},
                              local_executable=f"{ROOT}/tapbyte", streams="*")


def main():
    csv = source()
    csv.check()
    result = csv.read(cache=airbyte.new_local_cache("image" if len(sys.argv) > 1 else "local"))
    for name in csv.get_selected_streams():
        print(result[name].to_pandas())


if __name__ == "__main__":
    main()
