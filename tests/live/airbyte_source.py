"""A wrapped tap, used the way that Airbyte uses a source.

    source = airbyte_source.Source("taps/postgres", config)
    messages = source.read({("public", "t"): ("incremental", "id")})
    airbyte_source.records(messages, ("public", "t"))
    source.read(..., state=airbyte_source.states(messages))

Every line that comes out is checked against the protocol. A stream is known by its key,
(namespace, name). Numbers are kept as they are written: Number("12.30").
"""
import collections
import copy
import json
import os
import subprocess
import tempfile

from . import protocol, tap_environment

Number = collections.namedtuple("Number", "text")


def loads(text):
    return json.loads(text, parse_int=Number, parse_float=Number)


def dumps(value):
    """The other way."""
    numbers = []

    def hide(value):
        if isinstance(value, Number):
            numbers.append(value.text)
            return f"\0{len(numbers) - 1}\0"
        if isinstance(value, dict):
            return {name: hide(member) for name, member in value.items()}
        if isinstance(value, list):
            return [hide(element) for element in value]
        return value

    text = json.dumps(hide(value))
    for index, number in enumerate(numbers):
        text = text.replace(f'"\\u0000{index}\\u0000"', number, 1)
    return text


def key_of(stream):
    return stream.get("namespace"), stream["name"]


def records(messages, key):
    return [message["record"]["data"] for message in messages
            if message["type"] == "RECORD" and
            (message["record"].get("namespace"), message["record"]["stream"]) == key]


def changes(messages, key):
    """Of each record, the names of the fields that were made null, with the reason."""
    return [{change["field"]: (change["change"], change["reason"])
             for change in message["record"].get("meta", {}).get("changes", [])}
            for message in messages if message["type"] == "RECORD" and
            (message["record"].get("namespace"), message["record"]["stream"]) == key]


def states(messages):
    """The last state of each stream, the way that Airbyte hands it back."""
    last = {}
    for message in messages:
        if message["type"] == "STATE":
            last[key_of(message["state"]["stream"]["stream_descriptor"])] = message["state"]
    return list(last.values())


def counted(messages, key):
    """How many records the states of a stream say that they cover."""
    return sum(float(message["state"]["sourceStats"]["recordCount"].text) for message in messages
               if message["type"] == "STATE" and
               key_of(message["state"]["stream"]["stream_descriptor"]) == key)


def ends(messages):
    """The last status of each stream."""
    return {key_of(message["trace"]["stream_status"]["stream_descriptor"]):
            message["trace"]["stream_status"]["status"]
            for message in messages if message.get("trace", {}).get("type") == "STREAM_STATUS"}


def errors(messages):
    return [message["trace"]["error"] for message in messages
            if message.get("trace", {}).get("type") == "ERROR"]


class Source:
    """secrets: what must never come out; the config's password where nothing is said."""

    def __init__(self, tap, config, secrets=None, environment=None):
        self.tap = tap
        self.config = config
        self.secrets = [config["password"]] if secrets is None else secrets
        self.environment = environment or tap_environment.of(tap)
        self.found = None

    def command(self, folder, command, files):
        arguments = [tap_environment.TAPBYTE, command, "--tap",
                     os.path.join(tap_environment.ROOT, self.tap)]
        if command != "spec":
            files = {"config": self.config, **files}
        for name, content in files.items():
            path = os.path.join(folder, name + ".json")
            with open(path, "w", encoding="utf-8") as file:
                file.write(dumps(content))
            arguments += ["--" + name, path]
        return arguments

    def output(self, command, **files):
        """The exit code of one run and what came out."""
        with tempfile.TemporaryDirectory() as folder:
            result = subprocess.run(self.command(folder, command, files), env=self.environment,
                                    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False)
        return result.returncode, result.stdout

    def run(self, command, **files):
        """The exit code and the messages of one run."""
        code, output = self.output(command, **files)
        return code, self.checked(output)

    def checked(self, output):
        assert protocol.check(output) == []
        for secret in self.secrets:
            assert secret.encode() not in output, "a secret came out"
        return [loads(line) for line in output.decode().split("\n")[:-1]]

    def streams(self):
        """What discover finds: {key: stream}. Asked once."""
        if self.found is None:
            code, messages = self.run("discover")
            assert code == 0, messages
            self.found = {key_of(stream): stream for message in messages
                          if message["type"] == "CATALOG"
                          for stream in message["catalog"]["streams"]}
        return self.found

    def catalog(self, choices, fields=None):
        """choices: {key: (sync mode, cursor)}; fields: {key: names to read}, else all."""
        streams = []
        for key, (mode, cursor) in choices.items():
            stream = copy.deepcopy(self.streams()[key])
            if fields and key in fields:
                properties = stream["json_schema"]["properties"]
                stream["json_schema"]["properties"] = {name: properties[name]
                                                       for name in fields[key]}
            streams.append({"stream": stream, "sync_mode": mode, "destination_sync_mode": "append",
                            "cursor_field": [cursor] if cursor else []})
        return {"streams": streams}

    def read(self, choices, state=None, fields=None):
        """A read that has to succeed: its messages."""
        files = {"catalog": self.catalog(choices, fields)}
        if state is not None:
            files["state"] = state
        code, messages = self.run("read", **files)
        assert code == 0, (code, errors(messages))
        assert ends(messages) == dict.fromkeys(choices, "COMPLETE"), ends(messages)
        return messages

    def read_until(self, choices, enough, state=None):
        """A read that gets SIGTERM when enough(line) has been true: what came out, to the end."""
        files = {"catalog": self.catalog(choices)}
        if state is not None:
            files["state"] = state
        with tempfile.TemporaryDirectory() as folder:
            with subprocess.Popen(self.command(folder, "read", files), env=self.environment,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
                output = []
                for line in process.stdout:
                    output.append(line)
                    if enough(line):
                        process.terminate()
                        break
                output += process.stdout
        return process.returncode, self.checked(b"".join(output))
