"""The column types and values with which the database taps are tested, and where a tap's
value is not the database's own. The table of tests/README.md that lists these is printed by

    cd tests && python3 -m live.database_columns

What a column is expected to hold comes from what the database prints, through
1. the column's kind, which makes a JSON value of the text, and
2. the tap's difference for that column, if there is one: a function of the text and of that
   value. A value that tapbyte itself has to make null is NULLED; a column that no record
   and no catalog holds is NOT_SENT.
"""
import collections
import datetime
import re
from decimal import Decimal

from .airbyte_source import Number, loads

NULLED = object()
NOT_SENT = object()

Column = collections.namedtuple("Column", "name type kind values expression",
                                defaults=[None])
Difference = collections.namedtuple("Difference", "quirk says expect null",
                                    defaults=[None])  # null: what NULL becomes
Tap = collections.namedtuple("Tap", "name differences")


# ---- kinds: the JSON value that the text of a database stands for

def text(printed):
    return printed


def integer(printed):
    return Number(printed)


def exact(printed):
    return Number(printed)


def floating(printed):
    return Number(printed)


def boolean(printed):
    return printed in ("t", "1")


def json(printed):
    return loads(printed)


def same(kind, expected, found):
    """Numbers are equal as decimals, with the same digits behind the point; floating ones,
    which each program spells its own way, by value."""
    if isinstance(expected, Number) and isinstance(found, Number):
        numbers = Decimal(expected.text), Decimal(found.text)
        return (numbers[0] == numbers[1] and
                (kind is floating or numbers[0].as_tuple() == numbers[1].as_tuple()))
    if isinstance(expected, list) and isinstance(found, list):
        return len(expected) == len(found) and all(map(
            lambda pair: same(kind, *pair), zip(expected, found)))
    if isinstance(expected, dict) and isinstance(found, dict):
        return expected.keys() == found.keys() and all(
            same(kind, expected[name], found[name]) for name in expected)
    return type(expected) is type(found) and expected == found


# ---- what taps make of values

INFINITE = ("NaN", "Infinity", "-Infinity")


def infinite_null(printed, value):
    return None if printed in INFINITE else value


def infinite_nulled(printed, value):
    return None if printed == "NaN" else NULLED if printed in INFINITE else value


def not_sent(printed, value):
    return NOT_SENT


def date_as_date_time(printed, value):
    day = {"infinity": "9999-12-31", "-infinity": "0001-01-01"}.get(printed, printed)
    return printed if day == "0000-00-00" else day + "T00:00:00+00:00"


def infinite_date_as_limit(printed, value):
    return {"infinity": "9999-12-31", "-infinity": "0001-01-01"}.get(printed, printed)


def iso(printed, digits="auto"):
    stamp = printed.removesuffix("+00")
    return datetime.datetime.fromisoformat(stamp).isoformat(timespec=digits) + "+00:00"


def timestamp_up_to_limit(printed, value):
    if printed in ("infinity", "-infinity") or printed > "9999-12-31 23:59:59.999":
        return "9999-12-31T23:59:59.999000+00:00"
    return iso(printed)


def timestamp_between_limits(printed, value):
    limits = {"infinity": "9999-12-31 23:59:59.999999", "-infinity": "0001-01-01 00:00:00"}
    return iso(limits.get(printed, printed), "microseconds")


def timestamp_or_zeros(printed, value):
    return printed if printed.startswith("0000-00-00") else iso(printed)


def midnight_at_start(printed, value):
    return "00:00:00" if printed == "24:00:00" else printed


def zoned_time(printed):
    hours = re.search(r"([+-]\d\d)$", printed)
    return datetime.time.fromisoformat(printed + (":00" if hours else ""))


def time_in_utc(printed, value):
    moment = datetime.datetime.combine(datetime.date(2000, 1, 2), zoned_time(printed))
    return moment.astimezone(datetime.timezone.utc).time().isoformat()


def zone_with_minutes(printed, value):
    return zoned_time(printed).isoformat()


DAYS = {"year": 365, "mon": 30, "day": 1}


def interval_after_1970(printed, value):
    days = sum(int(number) * DAYS[unit]
               for number, unit in re.findall(r"(-?\d+) (year|mon|day)", printed))
    clock = re.search(r"(\d+):(\d+):(\d+)$", printed)
    seconds = sum(int(part) * unit for part, unit in zip(clock.groups(), (3600, 60, 1))
                  ) if clock else 0
    moment = datetime.datetime(1970, 1, 1) + datetime.timedelta(days=days, seconds=seconds)
    return moment.isoformat() + "+00:00"


def python_floats(value):
    """A JSON value after Python's json has read and written it."""
    if isinstance(value, Number) and re.search("[.eE]", value.text):
        number = float(value.text)
        return NULLED if number in (float("inf"), float("-inf")) else Number(repr(number))
    if isinstance(value, list):
        return [python_floats(element) for element in value]
    if isinstance(value, dict):
        return {name: python_floats(member) for name, member in value.items()}
    return value


def json_through_floats(printed, value):
    return python_floats(value)


def bit_as_boolean(printed, value):
    return printed.strip("0") != ""


def without_prefix(printed, value):
    return printed.removeprefix("\\x")


def python_duration(printed, value):
    sign, hours, minutes, seconds = re.fullmatch(r"(-?)(\d+):(\d+):([\d.]+)", printed).groups()
    duration = datetime.timedelta(
        hours=int(hours), minutes=int(minutes), seconds=int(seconds.split(".")[0]),
        microseconds=int((seconds.split(".") + ["0"])[1]))
    return str(-duration if sign else duration)


def as_it_is(printed, value):
    return value


# ---- PostgreSQL

POSTGRES_TYPES = "CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE EXTENSION hstore;"
TO_JSON = "to_json({})::text"

POSTGRES = [
    Column("small", "smallint", integer, ["-32768", "0", "32767"]),
    Column("plain", "integer", integer, ["-2147483648", "2147483647"]),
    Column("big", "bigint", integer,
           ["-9223372036854775808", "9223372036854775807", "9007199254740993"]),
    Column("exact", "numeric(38,18)", exact,
           ["12345678901234567890.123456789012345678", "-99999999999999999999.999999999999999999",
            "-0.000000000000000001", "0", "'NaN'"]),
    Column("price", "numeric(10,2)", exact, ["12.30", "99999999.99", "-0.01"]),
    Column("anynum", "numeric", exact,
           ["1e40", "0.1", "1.10", "1e-60",
            "1234567890123456789012345678901234567890.12345678901234567890", "'NaN'",
            "'Infinity'", "'-Infinity'"]),
    Column("dbl", "double precision", floating,
           ["0.1", "1.7976931348623157e308", "5e-324", "'-0'", "1e22", "9007199254740993", "'NaN'",
            "'Infinity'", "'-Infinity'"]),
    Column("sgl", "real", floating,
           ["0.1", "3.4028235e38", "1e-45", "16777217", "'NaN'", "'Infinity'"]),
    Column("yes", "boolean", boolean, ["true", "false"]),
    Column("label", "text", text,
           ["''", "E' \\t'",
            "E'a\\nb\\rc\\\\ \\'\"'", "'é ☃ 𝄞 \u2028'", "'\\u0000 NaN Infinity'",
            "repeat('x', 100000)"]),
    Column("code", "character(5)", text, ["'ab'", "''", "'äöüßé'"]),
    Column("short", "varchar(20)", text, ["''", "'ß'", "'a  '"]),
    Column("mood", "mood", text, ["'sad'", "'ok'"]),
    Column("token", "uuid", text, ["'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'"]),
    Column("born", "date", text,
           ["'2024-02-29'", "'0001-01-01'", "'9999-12-31'", "'infinity'", "'-infinity'"]),
    Column("seen", "timestamptz", text,
           ["'2024-01-02 03:04:05.678901+02'", "'0001-01-01 00:00:00+00'",
            "'9999-12-31 23:59:59.999999+00'", "'infinity'", "'-infinity'"]),
    Column("plainly", "timestamp", text,
           ["'2024-01-02 03:04:05'", "'0001-01-01 00:00:00'", "'infinity'", "'-infinity'"]),
    Column("at", "time", text, ["'03:04:05'", "'23:59:59.999999'", "'24:00:00'"]),
    Column("atz", "timetz", text, ["'03:04:05+02'", "'00:00:00-05:30'"]),
    Column("wait", "interval", text, ["'1 day 02:03:04'", "'-1 month'", "'13 months'"]),
    Column("doc", "json", json,
           ["'{\"b\": 1.50, \"a\": [1e400, 12345678901234567890123, null, \"é\"]}'", "'\"text\"'",
            "'null'", "'12.30'", "'[]'"]),
    Column("docb", "jsonb", json,
           ["'{\"b\": 1.50, \"a\": [12345678901234567890123, null, \"é\"]}'", "'\"text\"'",
            "'null'", "'12.30'", "'[]'", "'{\"n\": 0.1234567890123456789}'"]),
    Column("pairs", "hstore", json, ["'a=>1, \"b c\"=>NULL'", "''"], "hstore_to_json({})::text"),
    Column("tags", "text[]", json,
           ["'{}'", "ARRAY['a', 'b c', NULL, '']", "ARRAY[['a', 'b'], ['c', 'd']]"], TO_JSON),
    Column("nums", "integer[]", json, ["ARRAY[1, -2147483648, NULL]", "'{}'"], TO_JSON),
    Column("bigs", "bigint[]", json, ["ARRAY[9223372036854775807]"], TO_JSON),
    Column("decs", "numeric(38,18)[]", json, ["ARRAY[12345678901234567890.123456789012345678]"],
           TO_JSON),
    Column("stamps", "timestamptz[]", json, ["ARRAY[timestamptz '2024-01-02 03:04:05+02']"],
           TO_JSON),
    Column("ip", "inet", text, ["'10.0.0.1'", "'::1/64'"]),
    Column("net", "cidr", text, ["'10.0.0.0/8'"]),
    Column("mac", "macaddr", text, ["'08:00:2b:01:02:03'"]),
    Column("cash", "money", text, ["12.34", "'-92233720368547758.08'"]),
    Column("bit1", "bit(1)", text, ["B'1'", "B'0'"]),
    Column("bits", "bit(3)", text, ["B'101'"]),
    Column("raw", "bytea", text, ["'\\x00ff'", "''"]),
    Column("tree", "xml", text, ["'<a>b</a>'"]),
    Column("spot", "point", text, ["'(1,2)'"]),
    Column("span", "int4range", text, ["'[1,5)'"]),
    Column("words", "tsvector", text, ["'a b'"]),
]

NUMBERS = ("exact", "anynum")
FLOATS = ("dbl", "sgl")
TIMESTAMPS = ("seen", "plainly")
ARRAYS = ("tags", "nums", "bigs", "decs", "stamps")


def by_column(*rows):
    """{column: difference} of rows (columns, difference)."""
    return {column: difference for columns, difference in rows for column in columns}


PIPELINEWISE_POSTGRES = Tap("pipelinewise-tap-postgres", by_column(
    (NUMBERS, Difference("T3", "NaN is null; Infinity, which the tap sends as it is, is made null "
                         "by tapbyte and named in `meta.changes`", infinite_nulled)),
    (FLOATS, Difference("T3", "NaN and Infinity are null", infinite_null)),
    (("born",), Difference("T22", "a date is a date-time; infinite ones are the first or last day "
                           "of the years 1 to 9999", date_as_date_time)),
    (TIMESTAMPS, Difference("T22", "ISO 8601 in UTC; what is infinite or later than "
                            "9999-12-31 23:59:59.999 becomes that", timestamp_up_to_limit)),
    (("at",), Difference("T22", "24:00:00 is 00:00:00", midnight_at_start)),
    (("atz",), Difference("T22", "the time in UTC, without its zone", time_in_utc)),
    (("doc", "docb"), Difference("T2", "numbers with a point or an exponent are rounded to a "
                                 "double by the tap; those too large for one are made null by "
                                 "tapbyte and named in `meta.changes`", json_through_floats)),
    (ARRAYS, Difference("T22", "NULL is an empty array", as_it_is, [])),
    (("bit1",), Difference("T22", "a bit is a boolean", bit_as_boolean)),
    (("wait", "bits", "raw", "tree", "spot", "span", "words"),
     Difference("T8", "the tap does not send the column, and it is not in the catalog", not_sent)),
))

MELTANOLABS_POSTGRES = Tap("meltanolabs-tap-postgres", by_column(
    (NUMBERS + FLOATS, Difference("T3", "NaN and Infinity are null", infinite_null)),
    (("born",), Difference("T22", "infinite dates are the first or last day of the years 1 to "
                           "9999", infinite_date_as_limit)),
    (TIMESTAMPS, Difference("T22", "ISO 8601 in UTC; infinite ones are the first or last moment "
                            "of the years 1 to 9999", timestamp_between_limits)),
    (("at",), Difference("T22", "24:00:00 is 00:00:00", midnight_at_start)),
    (("atz",), Difference("T22", "the zone has minutes: +02:00", zone_with_minutes)),
    (("wait",), Difference("T22", "an interval is a date-time, that long after 1970, with months "
                           "of 30 days", interval_after_1970)),
    (("raw",), Difference("T22", "hexadecimal digits without the \\x", without_prefix)),
))


# ---- MariaDB

HEX, GEO_JSON = "hex({})", "ST_AsGeoJSON({})"

MARIADB = [
    Column("tiny", "tinyint", integer, ["-128", "127"]),
    Column("tinyu", "tinyint unsigned", integer, ["255"]),
    Column("yes", "boolean", boolean, ["true", "false"]),
    Column("small", "smallint", integer, ["-32768", "32767"]),
    Column("medium", "mediumint", integer, ["-8388608", "8388607"]),
    Column("plain", "int", integer, ["-2147483648", "2147483647"]),
    Column("plainu", "int unsigned", integer, ["4294967295"]),
    Column("big", "bigint", integer, ["-9223372036854775808", "9223372036854775807"]),
    Column("bigu", "bigint unsigned", integer, ["18446744073709551615", "9007199254740993"]),
    Column("exact", "decimal(38,18)", exact,
           ["12345678901234567890.123456789012345678", "-99999999999999999999.999999999999999999",
            "-0.000000000000000001", "0"]),
    Column("price", "decimal(10,2)", exact, ["12.30", "99999999.99", "-0.01"]),
    Column("huge", "decimal(65,0)", exact, ["9" * 65, "-" + "9" * 65]),
    Column("sgl", "float", floating, ["0.1", "3.40282e38", "1e-37", "16777216"]),
    Column("dbl", "double", floating,
           ["0.1", "1.7976931348623157e308", "5e-308", "1e22", "9007199254740993"]),
    Column("bit1", "bit(1)", text, ["b'1'", "b'0'"], "bin({})"),
    Column("bits", "bit(8)", text, ["b'00000000'", "b'00000101'"], "bin({})"),
    Column("code", "char(5)", text, ["'ab'", "''"]),
    Column("short", "varchar(20)", text, ["''", "'ß'", "'ab  '"]),
    Column("label", "text", text,
           ["''", "' \\t'", "'a\\nb\\rc\\\\ \\'\"'", "'é ☃ 𝄞 \u2028'", "'\\\\u0000 NaN'",
            "repeat('x', 60000)", "char(0 using utf8mb4)"]),
    Column("longer", "longtext", text, ["'a'"]),
    Column("latin", "varchar(20) character set latin1", text, ["'é€'"]),
    Column("mood", "enum('sad','ok')", text, ["'sad'"]),
    Column("born", "date", text,
           ["'2024-02-29'", "'0001-01-01'", "'9999-12-31'", "'0000-00-00'"]),
    Column("seen", "timestamp(6) null", text,
           ["'2024-01-02 03:04:05.678901'", "'1970-01-01 00:00:01'",
            "'2038-01-19 03:14:07.999999'", "'0000-00-00 00:00:00'"]),
    Column("plainly", "datetime(6)", text,
           ["'2024-01-02 03:04:05.678901'", "'0001-01-01 00:00:00'",
            "'9999-12-31 23:59:59.999999'", "'0000-00-00 00:00:00'"]),
    Column("at", "time", text, ["'03:04:05'", "'23:59:59'", "'-01:00:00'", "'838:59:59'",
                                "'-838:59:59'"]),
    Column("at6", "time(6)", text, ["'03:04:05.000001'", "'-00:00:00.5'"]),
    Column("doc", "json", text,
           ["'{\"b\": 1.50, \"a\": [12345678901234567890123, null, \"é\"]}'", "'\"text\"'"]),
    Column("bin", "binary(4)", text, ["x'00ff'", "''"], HEX),
    Column("vbin", "varbinary(10)", text, ["x'00ff00'", "''"], HEX),
    Column("spot", "point", text, ["ST_GeomFromText('POINT(1 2.5)')"], GEO_JSON),
    Column("shape", "geometry", text, ["ST_GeomFromText('LINESTRING(0 0, 1 1)')"], GEO_JSON),
    Column("flags", "set('a','b')", text, ["'a,b'", "''"]),
    Column("grown", "year", text, ["2024"]),
    Column("raw", "blob", text, ["x'00ff'"], HEX),
    Column("token", "uuid", text, ["'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'"]),
    Column("ip", "inet6", text, ["'::1'"]),
]

PIPELINEWISE_MYSQL = Tap("pipelinewise-tap-mysql", by_column(
    (("born",), Difference("T22", "a date is a date-time; 0000-00-00 stays", date_as_date_time)),
    (TIMESTAMPS, Difference("T22", "ISO 8601 in UTC; 0000-00-00 00:00:00 stays",
                            timestamp_or_zeros)),
    (("at", "at6"), Difference("T22", "as Python prints a duration: 3:04:05, -1 day, 23:00:00",
                               python_duration)),
    (("bit1", "bits"), Difference("T22", "bits are a boolean, of any number of them",
                                  bit_as_boolean)),
    (("bin", "vbin"), Difference("T22", "bytes are hexadecimal digits", as_it_is)),
    (("spot", "shape"), Difference("T22", "GeoJSON in a string, though the tap's schema says "
                                   "object", as_it_is)),
    (("flags", "grown", "raw", "token", "ip"),
     Difference("T8", "the tap does not send the column, and it is not in the catalog", not_sent)),
))

DATABASES = [(PIPELINEWISE_POSTGRES, POSTGRES), (MELTANOLABS_POSTGRES, POSTGRES),
             (PIPELINEWISE_MYSQL, MARIADB)]


def readme_table():
    """The differences, as tests/README.md lists them."""
    lines = ["| tap | quirk | columns | what comes instead of the database's value |",
             "| --- | --- | --- | --- |"]
    for tap, columns in DATABASES:
        types = collections.defaultdict(list)
        for column in columns:
            if column.name in tap.differences:
                types[tap.differences[column.name][:2]].append(column.type)
        for (quirk, says), names in types.items():
            lines.append(f"| {tap.name} | {quirk} | {', '.join(dict.fromkeys(names))} | {says} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(readme_table(), end="")
