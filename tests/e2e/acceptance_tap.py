#!/usr/bin/env python3
"""A Singer tap with one incremental and one full stream, as it should be, for `tapbyte test`.

    acceptance_tap.py --config FILE [--discover | --catalog FILE [--state FILE]] | --help

`fault` in the config names the one thing that it does wrong.
"""
import json
import os
import sys

PASSWORD = "s3cret-Passw0rd"


def catalog():
    orders = {"type": "object", "properties": {
        "id": {"type": "integer"}, "at": {"type": "string", "format": "date-time"},
        "note": {"type": ["null", "string"]}}}
    users = {"type": "object", "properties": {"name": {"type": "string"}}}
    return {"streams": [
        {"tap_stream_id": "orders", "stream": "orders", "schema": orders,
         "key_properties": ["id"], "metadata": [{"breadcrumb": [], "metadata": {
             "valid-replication-keys": ["at"], "table-key-properties": ["id"]}}]},
        {"tap_stream_id": "users", "stream": "users", "schema": users, "key_properties": [],
         "metadata": [{"breadcrumb": [], "metadata": {}}]}]}


def say(**message):
    print(json.dumps(message), flush=True)


def sync(fault, selected, state):
    for stream in catalog()["streams"]:
        if stream["stream"] in selected:
            say(type="SCHEMA", stream=stream["stream"], schema=stream["schema"],
                key_properties=stream["key_properties"])
    since = state.get("bookmarks", {}).get("orders", {}).get("at", "")
    if fault == "state_ignored":
        since = ""
    for number in range(1, 5):
        order = {"id": number, "at": f"2026-01-0{number}T00:00:00Z", "note": None}
        if "orders" not in selected or order["at"] < since:
            continue
        if fault == "volatile":
            order["note"] = str(os.getpid())
        elif fault == "wrong_type":
            order["note"] = number
        elif fault == "secret_in_record":
            order["note"] = PASSWORD
        say(type="RECORD", stream="orders", record=order)
        say(type="STATE", value={"bookmarks": {"orders": {"at": order["at"]}}})
    if "users" in selected:
        say(type="RECORD", stream="users", record={"name": "\x1b[31mAda \u65e5\u672c"})


def main():
    if "--help" in sys.argv:
        print("usage: acceptance_tap.py --config FILE [--discover] [--catalog FILE] "
              "[--state FILE]")
        return 0
    arguments, options = sys.argv[1:], {}
    while arguments:
        name = arguments.pop(0)
        options[name] = name == "--discover" or arguments.pop(0)
    with open(options["--config"], encoding="utf-8") as file:
        config = json.load(file)
    fault = config.get("fault")
    if config["password"] != PASSWORD and fault != "any_password":
        print("CRITICAL 401 Unauthorized: the password is wrong", file=sys.stderr)
        return 1
    if "--discover" in options:
        print(json.dumps(catalog()))
        return 0
    if fault == "read_fails":
        print("CRITICAL the sync broke", file=sys.stderr)
        return 1
    with open(options["--catalog"], encoding="utf-8") as file:
        selected = [stream["stream"] for stream in json.load(file)["streams"]
                    if stream["metadata"][0]["metadata"].get("selected")]
    state = {}
    if "--state" in options:
        with open(options["--state"], encoding="utf-8") as file:
            state = json.load(file)
    sync(fault, selected, state)
    return 0


if __name__ == "__main__":
    sys.exit(main())
