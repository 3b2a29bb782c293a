#!/usr/bin/env python3
"""Checks Airbyte messages, line by line, against Airbyte's own models, strictly.

    protocol.check(output_of_tapbyte)        -> ["line 3: record.emitted_at: ...", ...]
    python3 tests/live/protocol.py < output  prints them; exits 1 where there are any

The models are the package airbyte-protocol-models, which Airbyte generates from
airbyte_protocol.yaml. (airbyte-protocol-models-pdv2 and -dataclasses are the same file
generated for pydantic 2 and for dataclasses; the first is the one of that name, and the
Python CDK used it until it changed to dataclasses for speed.) The models alone are lax:
nearly all say `extra = allow`, and pydantic turns "1" into 1. So a message is compared
with the fields that the models declare: none unknown, none missing, no null, and every
value of exactly the declared type. Pydantic has the last word, for what else it checks.
"""
import functools
import json
import os
import subprocess
import sys

if __package__:
    from . import virtual_environment

MODELS = "airbyte-protocol-models==0.18.0"

# The member that carries the message of each type.
PAYLOADS = {
    "AirbyteMessage": {
        "RECORD": "record", "STATE": "state", "LOG": "log", "SPEC": "spec", "TRACE": "trace",
        "CONNECTION_STATUS": "connectionStatus", "CATALOG": "catalog", "CONTROL": "control",
        "DESTINATION_CATALOG": "destination_catalog",
    },
    "AirbyteTraceMessage": {
        "ERROR": "error", "ESTIMATE": "estimate", "STREAM_STATUS": "stream_status",
        "ANALYTICS": "analytics",
    },
    "AirbyteStateMessage": {"STREAM": "stream", "GLOBAL": "global", "LEGACY": "data"},
    "AirbyteControlMessage": {"CONNECTOR_CONFIG": "connectorConfig"},
}
# Of a state message, what may stand beside the payload.
BESIDE_PAYLOAD = {"type", "emitted_at", "sourceStats", "destinationStats"}
# No fields declared, on purpose: any JSON object.
FREE_OBJECTS = {"AirbyteStateBlob"}


def check(output):
    """The errors of all lines of `output` (bytes or str): a list of sentences."""
    if isinstance(output, str):
        output = output.encode()
    python = virtual_environment.python("protocol", [MODELS])
    result = subprocess.run([python, os.path.abspath(__file__)], input=output,
                            stdout=subprocess.PIPE, check=False)
    if result.returncode not in (0, 1):
        raise RuntimeError(f"the check of the protocol ended with code {result.returncode}")
    return result.stdout.decode().splitlines()


def no_constant(name):
    raise ValueError(f"{name} is no JSON")


def no_duplicates(pairs):
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("an object has two members of one name: "
                         + ", ".join(name for name, _ in pairs))
    return members


def parse(line):
    return json.loads(line.decode("utf-8"), parse_constant=no_constant,
                      object_pairs_hook=no_duplicates)


def type_errors(kind, value, path):
    """Of one value, against a type as typing spells it."""
    import enum
    import typing
    import pydantic

    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if kind is typing.Any:
        return
    if origin is typing.Union:
        choices = [choice for choice in arguments if choice is not type(None)]
        found = [list(type_errors(choice, value, path)) for choice in choices]
        if all(found):
            yield from found[0]
    elif origin is list:
        if not isinstance(value, list):
            yield f"{path}: an array was expected"
        else:
            for index, element in enumerate(value):
                yield from type_errors(arguments[0], element, f"{path}[{index}]")
    elif origin is dict:
        if not isinstance(value, dict):
            yield f"{path}: an object was expected"
    elif issubclass(kind, pydantic.BaseModel):
        yield from model_errors(kind, value, path)
    elif issubclass(kind, enum.Enum):
        allowed = [member.value for member in kind]
        if value not in allowed:
            yield f"{path}: {value!r} is none of {', '.join(allowed)}"
    elif kind is bool:
        if not isinstance(value, bool):
            yield f"{path}: true or false was expected, not {value!r}"
    elif kind is int:
        if not isinstance(value, int) or isinstance(value, bool):
            yield f"{path}: an integer was expected, not {value!r}"
    elif kind is float:
        if not isinstance(value, (int, float)) or isinstance(value, bool):
            yield f"{path}: a number was expected, not {value!r}"
    elif issubclass(kind, str):
        if not isinstance(value, str):
            yield f"{path}: a string was expected, not {value!r}"
    else:
        raise TypeError(f"{path} has a type that this check does not know: {kind}")


def payload_errors(model, value, path):
    payloads = PAYLOADS.get(model.__name__)
    if payloads is None:
        return
    payload = payloads.get(value.get("type"))
    for name in value:
        if name != payload and name not in BESIDE_PAYLOAD:
            yield f"{path}: a message of type {value.get('type')} does not carry \"{name}\""
    if payload not in value:
        yield f"{path}: a message of type {value.get('type')} has to carry \"{payload}\""


@functools.lru_cache(maxsize=None)
def fields_of(model):
    """{name in JSON: (whether it is required, its type)}; slow to find out."""
    import typing

    kinds = typing.get_type_hints(model)
    return {field.alias: (field.required, kinds[field.name])
            for field in model.__fields__.values()}


def model_errors(model, value, path):
    if not isinstance(value, dict):
        yield f"{path}: an object was expected"
        return
    if model.__name__ in FREE_OBJECTS:
        return
    fields = fields_of(model)
    for name, member in value.items():
        if name not in fields:
            yield f"{path}: the protocol knows no member \"{name}\""
        elif member is None:
            yield f"{path}.{name}: null; what is absent has to be left out"
        else:
            yield from type_errors(fields[name][1], member, f"{path}.{name}")
    for name, (required, _) in fields.items():
        if required and name not in value:
            yield f"{path}: \"{name}\" is missing"
    yield from payload_errors(model, value, path)


def line_errors(line):
    from airbyte_protocol.models import AirbyteMessage

    try:
        message = parse(line)
    except (ValueError, RecursionError) as error:
        yield f"no JSON: {error}"
        return
    errors = list(model_errors(AirbyteMessage, message, "message"))
    yield from errors
    if not errors:
        try:
            AirbyteMessage.parse_obj(message)
        except ValueError as error:
            yield " ".join(str(error).split())


def main():
    failed = False
    for number, line in enumerate(sys.stdin.buffer, 1):
        errors = list(line_errors(line))
        if not line.endswith(b"\n"):
            errors.append("the line has no end")
        for error in errors:
            failed = True
            print(f"line {number}: {error}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
