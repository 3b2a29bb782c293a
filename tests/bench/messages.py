"""The Singer messages that are read: made once, the same each time."""
import json
import random

WORDS = ["parcel", "depot", "the", "quick", "brown", "fox", "Lorem", "ipsum", "left", "of", "a",
         "2024-02-29", "42", "\"quoted\"", "line\nend", "C:\\temp", "and/or", "rather-long-word"]
FOREIGN = ["grün", "größe", "où", "niño", "данные", "скорость", "東京都", "速度", "데이터", "☃❄",
           "😀", "ありがとう", "ελληνικά", "عربي"]

KINDS = {  # name: (bytes of a record, what its text is made of)
    "100 B": (100, "ascii"),
    "500 B": (500, "ascii"),
    "5 KB": (5000, "ascii"),
    "1 MB": (1000000, "ascii"),
    "500 B UTF-8": (500, "foreign"),
    "500 B numbers": (500, "numbers"),
}
TYPES = {"id": "integer", "name": "string", "email": "string", "created_at": "string",
         "amount": "number", "active": "boolean", "tags": "array", "note": "string"}
DESELECTED = ("email", "amount", "tags")
RECORDS_PER_STATE = 1000


def dumps(value):
    return json.dumps(value, ensure_ascii=False)


def words(chance, length, foreign):
    """Text of so many bytes or a few more; half of its letters are foreign, if it is at all."""
    block = []
    count = 0
    while count < min(length, 20000):
        word = chance.choice(FOREIGN if foreign and len(block) % 3 else WORDS)
        block.append(word)
        count += len(word.encode()) + 1
    text = " ".join(block) + " "
    return text * (length // count + 1) if count < length else text


def cut(text, length):
    return text.encode()[:length].decode(errors="ignore")


def record_of(chance, number, size, made_of):
    if size < 200:
        return {"id": number, "amount": chance.randrange(10**6) / 100, "active": number % 2 == 0}
    if made_of == "numbers":
        return {"id": number, **{f"n{i}": chance.random() * 10 ** (i % 12) if i % 2 else
                                 chance.randrange(10 ** (1 + i % 15)) for i in range(20)}}
    return {"id": number, "name": f"name of {number}", "email": f"user{number}@example.com",
            "created_at": "2026-03-04T05:06:07.%06dZ" % (number % 1000000),
            "amount": chance.randrange(10**8) / 100, "active": number % 3 == 0,
            "tags": [chance.choice(WORDS), chance.choice(WORDS)]}


def record_line(stream, chance, number, size, made_of):
    """A RECORD message of that size; the note makes it up."""
    record = record_of(chance, number, size, made_of)
    line = dumps({"type": "RECORD", "stream": stream, "record": record,
                  "time_extracted": "2026-03-04T05:06:07.000000Z"})
    room = size - len(line.encode()) - len(', "note": ""')
    if size < 200 or made_of == "numbers" or room <= 0:
        return line.replace(', "time_extracted": "2026-03-04T05:06:07.000000Z"', "", 1)
    record["note"] = cut(words(chance, room, made_of == "foreign"), room)
    return dumps({"type": "RECORD", "stream": stream, "record": record,
                  "time_extracted": "2026-03-04T05:06:07.000000Z"})


def schema_of(kind):
    if KINDS[kind][1] == "numbers":
        return {"type": "object", "properties": {
            "id": {"type": "integer"}, **{f"n{i}": {"type": "number"} for i in range(20)}}}
    return {"type": "object", "properties": {name: {"type": ["null", kind_of]}
                                             for name, kind_of in TYPES.items()}}


def schema_line(stream, schema):
    return dumps({"type": "SCHEMA", "stream": stream, "schema": schema, "key_properties": ["id"],
                  "bookmark_properties": ["created_at"]})


def state_line(bookmarks):
    return dumps({"type": "STATE", "value": {"bookmarks": bookmarks}})


def bookmark(number):
    return {"created_at": "2026-03-04T05:06:07.%06dZ" % (number % 1000000)}


def lines_of_kind(kind, count):
    """Of one stream, `items`, with a STATE behind each thousand and the last."""
    size, made_of = KINDS[kind]
    chance = random.Random(1)
    for number in range(1, count + 1):
        yield record_line("items", chance, number, size, made_of)
        if number % RECORDS_PER_STATE == 0 or number == count:
            yield state_line({"items": bookmark(number)})


def lines_of_streams(streams, count, records_per_state=100):
    """The same records, a hundred of each stream in turn, and then a STATE that has the
    bookmarks of all streams."""
    chance = random.Random(1)
    bookmarks = {f"items_{index}": bookmark(0) for index in range(streams)}
    for number in range(count):
        stream = f"items_{number // records_per_state % streams}"
        yield record_line(stream, chance, number, *KINDS["500 B"])
        if number % records_per_state == records_per_state - 1:
            bookmarks[stream] = bookmark(number)
            yield state_line(bookmarks)


def long_line(length):
    """One record; a line of so many bytes."""
    yield record_line("items", random.Random(1), 1, length, "ascii")


def entry(stream, schema, keys=("created_at",)):
    """Of the tap's catalog."""
    return {"tap_stream_id": stream, "stream": stream, "key_properties": ["id"], "schema": schema,
            "metadata": [{"breadcrumb": [], "metadata": {
                "table-key-properties": ["id"], "valid-replication-keys": list(keys),
                "inclusion": "available", "selected": True}}] + [
                {"breadcrumb": ["properties", name], "metadata": {"inclusion": "available"}}
                for name in schema["properties"]]}


def large_catalog(streams, properties):
    """A discovery document with schemas of all sorts, printed as taps print it."""
    sorts = [
        {"type": ["null", "string"], "format": "date-time"},
        {"type": ["null", "integer"], "maximum": 100000000000000000000},
        {"anyOf": [{"type": "string", "format": "date-time"}, {"type": ["string", "null"]}]},
        {"type": ["null", "object"], "properties": {
            "a": {"type": "string"},
            "b": {"type": ["null", "array"], "items": {"$ref": "#/definitions/r"}}}},
        {"$ref": "#/definitions/r"},
    ]
    recursive = {"type": ["null", "integer", "array"], "items": {"$ref": "#/definitions/r"}}
    schema = {"type": "object", "definitions": {"r": recursive}, "properties": {
        "id": {"type": "integer"},
        **{f"field_{i}": sorts[i % len(sorts)] for i in range(properties - 1)}}}
    return json.dumps({"streams": [entry(f"stream_{i}", schema, ["field_0"])
                                   for i in range(streams)]}, indent=1)
