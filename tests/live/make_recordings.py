"""Makes the recordings of the taps in taps/ anew: tests/recorded/NAME/CASE, by `tapbyte record`.

    cd tests && python3 -m live.make_recordings [NAME...]

The taps are those of PyPI, the APIs are canned, the database servers the tests' own. Of a
discovery only the streams that are read are kept. A recording is written only if it differs
from the one that is there by more than times: when it was made, how long the tap took, dates of
the days before. What has to come out (expected/) is no difference: see `tapbyte test --update`.
"""
import collections
import contextlib
import datetime
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

from . import (airbyte_source, mariadb, postgres, tap_environment, test_exchange_rates,
               test_github, test_google_sheets, test_mailchimp, test_salesforce, test_slack,
               test_stripe)
from .virtual_environment import ROOT

RECORDED = os.path.join(ROOT, "tests", "recorded")
LIMIT = 100_000        # bytes of a recording
NEAR = 31              # days around the start of a recording of which its times are told in days
DAY = 24 * 60 * 60

# The recordings tell the port, so it is always the same.
POSTGRES_PORT, MARIADB_PORT = 25432, 23306

# source: airbyte_source.Source; choices: what is read, for its catalog(); go_on(): time goes on,
# there is more to read; whole: all that is discovered is kept; max_records: None for all.
Tap = collections.namedtuple("Tap", "name source choices go_on whole max_records")


# ---- is there a difference?

def days_off(seconds, started):
    """Which day, counted from that of the start; None: it is not near, and so no accident."""
    days = seconds // DAY - started // DAY
    return f"<day {days:+}>" if abs(days) <= NEAR else None


def without_times(text, started):
    """With all times near the start told in days."""
    def date(found):
        try:
            day = datetime.date.fromisoformat(found[1])
        except ValueError:
            return found[0]
        seconds = (day - datetime.date(1970, 1, 1)).total_seconds()
        return days_off(int(seconds), started) or found[0]

    def epoch(found):
        return days_off(int(found[1]), started) or found[0]

    text = re.sub(r"\b(\d{4}-\d\d-\d\d)([T ]\d\d:\d\d:\d\d([.,]\d+)?(Z|[+-]\d\d:?\d\d)?)?", date,
                  text)
    return re.sub(r"\b(\d{10})(\d{3}|\.\d+)?\b", epoch, text)


def load(folder, name):
    with open(os.path.join(folder, name), encoding="utf-8") as file:
        return file.read()


def essence(folder):
    """What a recording holds, by file, but for times and what has to come out."""
    about = json.loads(load(folder, "recording.json"))
    started = about.pop("started") // 1000
    about.get("exit", {}).pop("after", None)
    found = {"recording.json": about}
    for path, _, names in os.walk(folder):
        for name in names:
            name = os.path.relpath(os.path.join(path, name), folder)
            if name not in ("recording.json", "times") and not name.startswith("expected"):
                found[name] = without_times(load(folder, name), started)
    found["stderr"] = re.sub(r"\d+(\.\d+)?(e-\d+)?", "#", found["stderr"])
    return found


def differences(old, new):
    """The names of the files that differ."""
    if not os.path.exists(os.path.join(old, "recording.json")):
        return ["all"]
    old, new = essence(old), essence(new)
    return sorted(name for name in {*old, *new} if old.get(name) != new.get(name))


# ---- a recording

def write(folder, name, text):
    with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
        file.write(text)
    return os.path.join(folder, name)


def tapbyte(tap, *arguments):
    """The exit code and what it printed."""
    environment = {**tap.source.environment, "TAPBYTE_TAPS": os.path.join(ROOT, "taps")}
    environment.pop("TAPBYTE_TAP", None)
    result = subprocess.run([tap_environment.TAPBYTE, *arguments], env=environment,
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, check=False)
    return result.returncode, result.stdout.decode(errors="replace")


def keep_streams(tap, folder, names):
    """Leaves the other streams out of what the tap discovered, and so of what it is given."""
    for name in ("discovery.json", "tap/catalog.json"):
        if os.path.exists(os.path.join(folder, name)):
            document = airbyte_source.loads(load(folder, name))
            document["streams"] = [entry for entry in document["streams"]
                                   if tap.whole or entry["stream"] in names]
            write(folder, name, airbyte_source.dumps(document) + "\n")
    code, output = tapbyte(tap, "replay", "--update", folder)
    if code != 0:
        raise RuntimeError(f"{tap.name} cannot be replayed:\n{output}")


def size_of(folder):
    return sum(os.path.getsize(os.path.join(path, name))
               for path, _, names in os.walk(folder) for name in names)


def record(tap, folder, case, config=None, state=None, fails=False):
    """Makes the recording folder/case. The states that the read ended with."""
    made = os.path.join(folder, case)
    with tempfile.TemporaryDirectory() as given:
        options = ["--config", write(given, "config", json.dumps(config or tap.source.config))]
        if config is None:
            catalog = tap.source.catalog(tap.choices)
            options += ["--catalog", write(given, "catalog", airbyte_source.dumps(catalog))]
        if state is not None:
            options += ["--state", write(given, "state", airbyte_source.dumps(state))]
        if tap.max_records:
            options += ["--max-records", str(tap.max_records)]
        code, output = tapbyte(tap, "record", "--tap", tap.name, *options, made)
    if code != (1 if fails else 0):
        raise RuntimeError(f"{tap.name}/{case} ended with {code}:\n{output}")
    keep_streams(tap, made, [name for _, name in tap.choices])
    return [] if fails else last_states(made)


def last_states(folder):
    lines = load(folder, "expected/read.jsonl").splitlines()
    return airbyte_source.states([airbyte_source.loads(line) for line in lines])


@contextlib.contextmanager
def together(tap):
    """A folder for recordings that belong together: all of them are news, or none."""
    with tempfile.TemporaryDirectory() as folder:
        yield folder
        places = {case: os.path.join(RECORDED, tap.name, case) for case in os.listdir(folder)}
        news = {case: differences(place, os.path.join(folder, case))
                for case, place in places.items()}
        for case, place in sorted(places.items()):
            if any(news.values()):
                shutil.rmtree(place, ignore_errors=True)
                shutil.copytree(os.path.join(folder, case), place)
            print(f"{tap.name}/{case}: {', '.join(news[case]) or 'nothing'} new, "
                  f"{size_of(place)} bytes", flush=True)


def record_one(tap, case, **options):
    with together(tap) as folder:
        record(tap, folder, case, **options)


def record_two_reads(tap):
    with together(tap) as folder:
        states = record(tap, folder, "incremental")
        tap.go_on()
        record(tap, folder, "incremental_with_state", state=states)


# ---- the taps

@contextlib.contextmanager
def canned(test, names=None, max_records=None):
    """The tap of a test of a canned API, to read these streams; None: all."""
    test.setUpClass()
    try:
        choices = {key: choice for key, choice in test().choices(incremental=True).items()
                   if names is None or key[1] in names}
        if names is None:
            choices.update(((None, name), ("full_refresh", None)) for name in test.undiscovered)
        server = test.server
        yield Tap(test.name, test.source, choices, lambda: setattr(server, "phase", 2),
                  names is None, max_records)
        if server.refused():
            raise RuntimeError(f"the canned API has not: {server.refused()}")
    finally:
        test.doClassCleanups()


def record_refused(tap, test):
    record_one(tap, "refused", config={**test.config, **test.refused}, fails=True)


def github():
    test = test_github.Github
    with canned(test, ["comments", "commit_comments", "issue_labels", "team_members",
                       "teams"]) as tap:
        record_two_reads(tap)
        record_refused(tap, test)


def salesforce():
    with canned(test_salesforce.Salesforce) as tap:
        record_two_reads(tap)


def stripe():
    with canned(test_stripe.Stripe, ["balance_transactions", "events", "payout_transactions",
                                     "payouts"]) as tap:
        record_two_reads(tap)


def slack():
    with canned(test_slack.Slack, ["channel_members", "channels", "messages", "threads",
                                   "users"]) as tap:
        record_two_reads(tap)


def exchange_rates():
    test = test_exchange_rates.ExchangeRates
    with canned(test) as tap:
        record_two_reads(tap)
        test.server.reset()
        test.server.fail(test_exchange_rates.day(7, test.today), 401)
        record_one(tap, "refused_half_way", fails=True)


def google_sheets():
    with canned(test_google_sheets.GoogleSheets, max_records=5) as tap:
        record_one(tap, "full_table")


def mailchimp():
    test = test_mailchimp.Mailchimp
    with canned(test, ["list_members", "list_segments", "lists"]) as tap:
        record_two_reads(tap)
        record_refused(tap, test)


# {}: the type of a moment.
TABLES = """
    CREATE TABLE depots (name varchar(20) PRIMARY KEY, town varchar(20), opened date);
    INSERT INTO depots VALUES ('Kiel', 'Kiel', '1998-04-01'), ('Lübeck', NULL, '2004-10-15');
    CREATE TABLE parcels (id bigint PRIMARY KEY, sent_at {}, weight_kg numeric(20,10),
                          depot varchar(20), is_late boolean, note text);
    INSERT INTO parcels VALUES
        (1, '2026-01-05 08:30:00', 12.3, 'Kiel', false, NULL),
        (9007199254740993, '2026-01-05 09:10:00.25', 0.0000000001, 'Lübeck', true, 'up: "↑"'),
        (9007199254740994, NULL, NULL, NULL, NULL, 'two
lines');"""
MORE_PARCELS = """
    INSERT INTO parcels VALUES
        (9007199254740995, '2026-01-07 07:45:00', 1234567890.0123456789, 'Kiel', false, '');
    UPDATE parcels SET note = 'arrived' WHERE id = 9007199254740994;"""


@contextlib.contextmanager
def database(name, server, port, moment, namespace, config):
    """config(server): what the user says of it."""
    server.wanted_port = port
    with server:
        server.execute(TABLES.format(moment))
        source = airbyte_source.Source(os.path.join("taps", name), config(server))
        choices = {(namespace, "depots"): ("full_refresh", None),
                   (namespace, "parcels"): ("incremental", "id")}
        yield Tap(name, source, choices, lambda: server.execute(MORE_PARCELS), True, None)


def postgresql():
    with database("postgres", postgres.Server(), POSTGRES_PORT, "timestamptz(3)", "public",
                  lambda server: {"host": server.host, "port": server.port,
                                  "database": server.database, "username": server.user,
                                  "password": server.password, "schemas": ["public"]}) as tap:
        record_two_reads(tap)


def mysql():
    with database("mysql", mariadb.Server(), MARIADB_PORT, "datetime(3)", mariadb.Server.database,
                  lambda server: {"host": server.host, "port": server.port,
                                  "username": server.user, "password": server.password,
                                  "databases": [server.database]}) as tap:
        record_two_reads(tap)


def set_changed(path, moment):
    """When a file was changed is the cursor of tap-csv-folder."""
    when = datetime.datetime.fromisoformat(moment).timestamp()
    os.utime(path, (when, when))


def add_a_parcel(folder):
    """One file changes, the other not."""
    path = os.path.join(folder, "parcels.csv")
    with open(path, "a", encoding="utf-8") as file:
        file.write("5,2026-01-08T10:00:00Z,0.05,Kiel,\n")
    set_changed(path, "2026-01-08T12:00:00+00:00")


def csv():
    folder = "examples/csv/data"
    cursor = "_sdc_modified_at"
    choices = {(None, name): ("incremental", cursor) for name in ("depots", "parcels")}
    source = airbyte_source.Source("taps/csv", {"path": folder}, secrets=[])
    with tempfile.TemporaryDirectory() as copy, contextlib.chdir(copy):
        shutil.copytree(os.path.join(ROOT, folder), folder)
        for name in os.listdir(folder):
            set_changed(os.path.join(folder, name), "2026-01-07T12:00:00+00:00")
        tap = Tap("csv", source, choices, None, True, None)
        record_one(tap._replace(choices=dict.fromkeys(choices, ("full_refresh", None))),
                   "full_table")
        with together(tap) as made:
            record(tap, made, "incremental")
            # Those of the recording have no paths of this machine, by which the tap knows files.
            states = airbyte_source.states(source.read(choices))
            add_a_parcel(folder)
            record(tap, made, "incremental_with_state", state=states)


MAKERS = {
    "csv": csv, "exchange-rates": exchange_rates, "github": github,
    "google-sheets": google_sheets, "mailchimp": mailchimp, "mysql": mysql,
    "postgres": postgresql, "salesforce": salesforce, "slack": slack, "stripe": stripe,
}


def main():
    os.chdir(ROOT)
    names = sys.argv[1:] or list(MAKERS)
    unknown = sorted(set(names) - set(MAKERS))
    if unknown:
        sys.exit(f"no such tap: {', '.join(unknown)}; there are {', '.join(MAKERS)}")
    for name in names:
        MAKERS[name]()


if __name__ == "__main__":
    main()
