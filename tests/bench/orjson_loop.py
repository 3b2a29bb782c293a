"""A peer: RECORD messages to Airbyte's with orjson, as one would write it in an afternoon."""
import sys
import time

import orjson


def main():
    output = sys.stdout.buffer
    for line in sys.stdin.buffer:
        message = orjson.loads(line)
        if message["type"] == "RECORD":
            output.write(orjson.dumps({"type": "RECORD", "record": {
                "stream": message["stream"], "data": message["record"],
                "emitted_at": int(time.time() * 1000)}}) + b"\n")
        elif message["type"] == "STATE":
            output.write(orjson.dumps({"type": "STATE", "state": {"data": message["value"]}})
                         + b"\n")


if __name__ == "__main__":
    main()
