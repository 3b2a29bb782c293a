"""Three database taps from PyPI against servers of the tests' own: all four commands; every column
type, full and incremental, compared with what the database itself prints; cursors of the user's
choice; reads that are interrupted and go on; tables of one name; views."""
import copy
import os
import signal
import unittest

from live import airbyte_source, database_columns, mariadb, postgres, tap_environment
from live.airbyte_source import Number, records
from live.database_columns import NOT_SENT, NULLED

LONG = 15000  # rows; taps write a STATE after 1,000 or 10,000


class Databases:
    """What is tested of each tap. A subclass starts the server and fills it."""
    first, second = None, None   # the two schemas or databases

    # (table, type of the cursor, values of the first run, value inserted for the second)
    cursors = []

    @classmethod
    def fill(cls):
        """Tables that every SQL server understands."""
        cls.server.execute(f"""
            CREATE TABLE {cls.first}.same (id integer PRIMARY KEY, name varchar(10));
            INSERT INTO {cls.first}.same VALUES (1, 'one'), (2, 'two');
            CREATE TABLE {cls.second}.same (id integer PRIMARY KEY, note varchar(10), at integer);
            INSERT INTO {cls.second}.same VALUES (7, 'other', 3);
            CREATE VIEW {cls.first}.seen_same AS SELECT id, name FROM {cls.first}.same;
            CREATE TABLE {cls.first}.no_key (name varchar(10));
            INSERT INTO {cls.first}.no_key VALUES ('a'), ('a');""")
        for table, kind, values, _ in cls.cursors:
            cls.server.execute(
                f"CREATE TABLE {cls.first}.{table} (id integer PRIMARY KEY, cursor_ {kind});")
            for number, value in enumerate(values, 1):
                cls.server.execute(f"INSERT INTO {cls.first}.{table} VALUES ({number}, {value})")
        cls.server.execute(
            f"CREATE TABLE {cls.first}.by_exact (id integer PRIMARY KEY, cursor_ numeric(38,18));"
            f"INSERT INTO {cls.first}.by_exact VALUES (1, 12345678901234567890.123456789012345678)")
        cls.make_kinds()

    @classmethod
    def make_kinds(cls):
        """A table with all types: row n holds the n-th value of each column, or NULL."""
        cls.rows = 1 + max(len(column.values) for column in cls.columns)
        types = ", ".join(f"{column.name} {column.type}" for column in cls.columns)
        sql = f"CREATE TABLE {cls.first}.kinds (id integer PRIMARY KEY, {types});"
        for row in range(cls.rows):
            values = [(column.values[row:] + ["NULL"])[0] for column in cls.columns]
            sql += f"\nINSERT INTO {cls.first}.kinds VALUES ({row}, {', '.join(values)});"
        cls.server.execute(sql)

    # ---- values

    def expected(self, column, printed):
        difference = self.tap.differences.get(column.name)
        if printed is None:
            value = None
            if difference and difference.expect is database_columns.not_sent:
                value = NOT_SENT
            elif difference:
                value = difference.null
        else:
            value = column.kind(printed)
            if difference:
                value = difference.expect(printed, value)
        return value

    @staticmethod
    def nulled(value):
        """The value with null for what tapbyte has to make null, and whether there was any."""
        if value is NULLED:
            return None, True
        if isinstance(value, list):
            pairs = [Databases.nulled(element) for element in value]
            return [element for element, _ in pairs], any(found for _, found in pairs)
        if isinstance(value, dict):
            pairs = {name: Databases.nulled(member) for name, member in value.items()}
            return ({name: member for name, (member, _) in pairs.items()},
                    any(found for _, found in pairs.values()))
        return value, False

    def compare(self, messages):
        key = self.first, "kinds"
        found = {int(record["id"].text): record for record in records(messages, key)}
        changed = dict(zip([int(record["id"].text) for record in records(messages, key)],
                           airbyte_source.changes(messages, key)))
        self.assertEqual(sorted(found), list(range(self.rows)))
        properties = self.source.streams()[key]["json_schema"]["properties"]
        for column in self.columns:
            for row, printed in enumerate(self.printed(column)):
                with self.subTest(column=column.name, printed=(printed or "NULL")[:60]):
                    expected = self.expected(column, printed)
                    if expected is NOT_SENT:
                        self.assertNotIn(column.name, found[row])
                        self.assertNotIn(column.name, properties)
                        continue
                    expected, nulled = self.nulled(expected)
                    value = found[row][column.name]
                    self.assertTrue(database_columns.same(column.kind, expected, value),
                                    f"expected {expected!r}, found {value!r}")
                    self.assertEqual(
                        changed[row].pop(column.name, None),
                        ("NULLED", "SOURCE_SERIALIZATION_ERROR") if nulled else None)
        for row, changes in changed.items():
            self.assertEqual(changes, {}, f"row {row}")

    def test_a_full_refresh_brings_every_type_as_the_database_prints_it(self):
        self.compare(self.source.read({(self.first, "kinds"): ("full_refresh", None)}))

    def test_an_incremental_read_brings_every_type_as_the_database_prints_it(self):
        self.compare(self.source.read({(self.first, "kinds"): ("incremental", "id")}))

    # ---- commands and streams

    def test_spec_tells_that_the_password_is_a_secret(self):
        code, messages = self.source.run("spec")
        self.assertEqual((code, [message["type"] for message in messages]), (0, ["SPEC"]))
        specification = messages[0]["spec"]["connectionSpecification"]
        self.assertIs(specification["properties"]["password"]["airbyte_secret"], True)

    def test_check_tells_a_good_password_from_a_bad_one(self):
        bad = airbyte_source.Source(self.folder, {**self.source.config, "password": "not-this-one"})
        for source, code, status in ((self.source, 0, "SUCCEEDED"), (bad, 1, "FAILED")):
            found, messages = source.run("check")
            answers = [message["connectionStatus"] for message in messages
                       if message["type"] == "CONNECTION_STATUS"]
            self.assertEqual((found, [answer["status"] for answer in answers]), (code, [status]))
        self.assertRegex(answers[0]["message"], self.refusal)

    def test_discover_prints_the_same_bytes_again(self):
        outputs = [self.source.output("discover")[1] for _ in range(2)]
        catalogs = [[line for line in output.split(b"\n") if line.startswith(b'{"type":"CATALOG"')]
                    for output in outputs]
        self.assertEqual(len(catalogs[0]), 1)
        self.assertEqual(catalogs[0], catalogs[1])

    def test_a_stream_that_is_gone_fails_and_the_others_are_read(self):
        key, gone = (self.first, "same"), (self.first, "dropped")
        catalog = self.source.catalog({key: ("full_refresh", None)})
        left = copy.deepcopy(catalog["streams"][0])
        left["stream"]["name"] = "dropped"
        left["stream"]["json_schema"] = {"type": "object", "properties": {"id": {}}}
        catalog["streams"].append(left)
        code, messages = self.source.run("read", catalog=catalog)
        self.assertEqual(code, 1)
        self.assertEqual(len(records(messages, key)), 2)
        self.assertEqual(airbyte_source.ends(messages), {key: "COMPLETE", gone: "INCOMPLETE"})
        errors = airbyte_source.errors(messages)
        self.assertEqual([error["failure_type"] for error in errors], ["config_error"])
        self.assertEqual(errors[0]["stream_descriptor"],
                         {"name": "dropped", "namespace": self.first})

    def test_discover_gives_each_table_with_its_namespace_and_key(self):
        streams = self.source.streams()
        keys = {key: stream.get("source_defined_primary_key") for key, stream in streams.items()}
        self.assertEqual(keys[self.first, "same"], [["id"]])
        self.assertEqual(keys[self.second, "same"], [["id"]])
        self.assertIsNone(keys[self.first, "no_key"])
        self.assertIsNone(keys[self.first, "seen_same"])
        for stream in streams.values():
            self.assertEqual(stream["supported_sync_modes"], ["full_refresh", "incremental"])

    def test_tables_of_one_name_a_view_and_a_table_without_key_are_told_apart(self):
        first, second = (self.first, "same"), (self.second, "same")
        view, no_key = (self.first, "seen_same"), (self.first, "no_key")
        messages = self.source.read(
            dict.fromkeys([first, second, view, no_key], ("full_refresh", None)))
        rows = [{"id": Number("1"), "name": "one"}, {"id": Number("2"), "name": "two"}]
        self.assertEqual(records(messages, first), rows)
        self.assertEqual(records(messages, view), rows)
        self.assertEqual(records(messages, second),
                         [{"id": Number("7"), "note": "other", "at": Number("3")}])
        self.assertEqual(records(messages, no_key), [{"name": "a"}, {"name": "a"}])

    def test_tables_of_one_name_and_a_view_keep_their_own_cursors(self):
        first, second = (self.first, "same"), (self.second, "same")
        view = (self.first, "seen_same")
        choices = {first: ("incremental", "id"), second: ("incremental", "at"),
                   view: ("incremental", "id")}
        state = airbyte_source.states(self.source.read(choices))
        self.server.execute(f"INSERT INTO {self.first}.same VALUES (4, 'new');"
                            f"INSERT INTO {self.second}.same VALUES (3, 'old', 1), (8, 'new', 9);")
        try:
            messages = self.source.read(choices, state)
        finally:
            self.server.execute(f"DELETE FROM {self.first}.same WHERE id = 4;"
                                f"DELETE FROM {self.second}.same WHERE id IN (3, 8);")
        self.assertEqual([record["id"].text for record in records(messages, first)], ["2", "4"])
        self.assertEqual([record["id"].text for record in records(messages, view)], ["2", "4"])
        self.assertEqual([record["id"].text for record in records(messages, second)], ["7", "8"])

    def test_columns_that_were_not_chosen_do_not_come_out(self):
        key = self.first, "kinds"
        for mode, cursor in (("full_refresh", None), ("incremental", "id")):
            chosen = ["id", "price", "born"]
            messages = self.source.read({key: (mode, cursor)}, fields={key: chosen})
            self.assertEqual([sorted(record) for record in records(messages, key)],
                             [sorted(chosen)] * self.rows)

    # ---- state

    def test_a_cursor_of_each_type_goes_on_where_it_was(self):
        choices = {(self.first, table): ("incremental", "cursor_")
                   for table, *_ in self.cursors}
        once = self.source.read(choices)
        for table, _, values, _ in self.cursors:
            key = self.first, table
            self.assertEqual(len(records(once, key)), len(values), table)
            self.assertEqual(airbyte_source.counted(once, key), len(values), table)
        for table, _, _, value in self.cursors:
            self.server.execute(f"INSERT INTO {self.first}.{table} VALUES (99, {value})")
        try:
            again = self.source.read(choices, airbyte_source.states(once))
        finally:
            for table, *_ in self.cursors:
                self.server.execute(f"DELETE FROM {self.first}.{table} WHERE id = 99")
        for table, _, values, _ in self.cursors:
            with self.subTest(table):
                # Taps send the row at the bookmark once more (T22).
                self.assertEqual([record["id"].text for record in
                                  records(again, (self.first, table))], [str(len(values)), "99"])

    def test_an_exact_cursor_keeps_all_its_digits_in_the_state(self):
        # Only there: the taps read their own bookmark back as a double.
        key, digits = (self.first, "by_exact"), "12345678901234567890.123456789012345678"
        state, = airbyte_source.states(self.source.read({key: ("incremental", "cursor_")}))
        bookmark, = state["stream"]["stream_state"]["bookmarks"].values()
        self.assertIn(bookmark["replication_key_value"], (Number(digits), digits))

    def interrupted(self, mode, cursor, with_state):
        """Reads the long table until some records are out, with a state that covers some and
        further ones behind it if one is wanted. The ids that came, and the messages."""
        key = self.first, "long"
        seen = {"records": 0, "behind": 0}

        def enough(line):
            if line.startswith(b'{"type":"RECORD"'):
                seen["records"] += 1
                seen["behind"] += 1
            elif line.startswith(b'{"type":"STATE"') and seen["records"] > 0:
                seen.update(behind=0, covered=True)
            return seen["behind"] >= 50 and ("covered" in seen or not with_state)

        code, messages = self.source.read_until({key: (mode, cursor)}, enough)
        ids = {int(record["id"].text) for record in records(messages, key)}
        self.assertEqual(code, -signal.SIGTERM)
        self.assertLess(len(ids), LONG)
        self.assertEqual(airbyte_source.ends(messages), {key: "INCOMPLETE"})
        return ids, messages

    def test_an_interrupted_incremental_read_goes_on_and_misses_no_row(self):
        key = self.first, "long"
        ids, messages = self.interrupted("incremental", "id", with_state=True)
        state = airbyte_source.states(messages)
        self.assertEqual(len(state), 1)
        rest = self.source.read({key: ("incremental", "id")}, state)
        more = [int(record["id"].text) for record in records(rest, key)]
        self.assertEqual(ids | set(more), set(range(1, LONG + 1)))
        # It went on from the last state, whose count is right. (A tap that is interrupted between
        # a record and its bookmark sends that record again.)
        last = max(index for index, message in enumerate(messages) if message["type"] == "STATE")
        before = len(records(messages[:last], key))
        self.assertEqual(airbyte_source.counted(messages, key), before)
        self.assertIn(min(more), (before, before - 1))

    def test_an_interrupted_full_refresh_starts_again_and_brings_every_row(self):
        key = self.first, "long"
        _, messages = self.interrupted("full_refresh", None, with_state=False)
        again = self.source.read({key: ("full_refresh", None)}, airbyte_source.states(messages))
        self.assertEqual(sorted(int(record["id"].text) for record in records(again, key)),
                         list(range(1, LONG + 1)))


class Postgres(Databases):
    columns = database_columns.POSTGRES
    first, second = "public", "sales"
    refusal = "password authentication failed"
    cursors = [
        ("by_small", "smallint", ["-5", "1", "3"], "4"),
        ("by_big", "bigint", ["9007199254740992", "9007199254740993"], "9007199254740994"),
        ("by_price", "numeric(10,2)", ["1.10", "12.30"], "12.31"),
        ("by_date", "date", ["'2024-02-28'", "'2024-02-29'"], "'2024-03-01'"),
        ("by_time", "timestamptz", ["'2024-01-02 03:04:05.678901+02'",
                                    "'2024-01-02 03:04:05.678902+02'"],
         "'2024-01-02 03:04:05.678903+02'"),
        ("by_plain_time", "timestamp", ["'2024-01-02 03:04:05'", "'2024-01-02 03:04:05.1'"],
         "'2024-01-02 03:04:06'"),
        ("by_text", "text", ["'a'", "'b \"\\ é ☃ 𝄞'"], "'c'"),
    ]

    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(postgres.Server())
        cls.server.execute(f"CREATE SCHEMA sales; {database_columns.POSTGRES_TYPES}")
        cls.fill()
        cls.server.execute(
            "CREATE TABLE long (id integer PRIMARY KEY, pad text);"
            f"INSERT INTO long SELECT i, repeat('x', 500) FROM generate_series(1, {LONG}) i;")
        cls.source = airbyte_source.Source(cls.folder, {
            "host": cls.server.host, "port": cls.server.port, "database": cls.server.database,
            "username": cls.server.user, "password": cls.server.password,
            "schemas": [cls.first, cls.second]})

    def printed(self, column):
        """What psql prints for each row, in JSON so that line ends and NULL are seen."""
        expression = (column.expression or "format('%s', {})").format(column.name)
        lines = self.server.execute(
            f"SELECT json_build_array(CASE WHEN {column.name} IS NOT NULL THEN {expression} END) "
            "FROM kinds ORDER BY id")
        return [airbyte_source.loads(line)[0] for line in lines.split("\n")[:-1]]

    def test_a_value_that_ends_the_tap_is_an_error_and_the_rows_before_it_came(self):
        for kind, good, bad, message in self.fatal:
            with self.subTest(kind=kind, value=bad):
                self.server.execute(f"CREATE TABLE fatal (id integer, v {kind});"
                                    f"INSERT INTO fatal VALUES (1, '{good}'), (2, '{bad}')")
                self.source.found = None
                key = self.first, "fatal"
                try:
                    code, messages = self.source.run("read", catalog=self.source.catalog(
                        {key: ("full_refresh", None)}))
                finally:
                    self.server.execute("DROP TABLE fatal")
                    self.source.found = None
                self.assertEqual(code, 1)
                self.assertEqual(airbyte_source.ends(messages), {key: "INCOMPLETE"})
                errors = airbyte_source.errors(messages)
                self.assertEqual(len(errors), 1)
                self.assertRegex(errors[0]["message"], message)


class PipelinewisePostgres(Postgres, unittest.TestCase):
    tap = database_columns.PIPELINEWISE_POSTGRES
    folder = "taps/postgres"
    fatal = [("date", "2024-01-02", "0044-03-15 BC", "year -?[0-9]+ is out of range"),
             ("timetz", "03:04:05+00", "03:04:05.5+00", "does not match format")]

    def test_discover_gives_types_that_destinations_know(self):
        schema = self.source.streams()["public", "kinds"]["json_schema"]
        properties = schema["properties"]
        self.assertEqual(properties["big"], {"type": ["null", "integer"]})
        self.assertEqual(properties["exact"], {"type": ["null", "number"]})
        self.assertEqual(properties["seen"], {"type": ["null", "string"], "format": "date-time",
                                              "airbyte_type": "timestamp_with_timezone"})
        for word in ("$ref", "definitions", "multipleOf", "maximum"):
            self.assertNotIn(f'"{word}"', airbyte_source.dumps(properties))


class MeltanolabsPostgres(Postgres, unittest.TestCase):
    tap = database_columns.MELTANOLABS_POSTGRES
    folder = "tests/live/taps/meltanolabs-postgres"
    # With a date this tap fails by itself: it compares the bookmark, a string, with a date.
    cursors = [cursor for cursor in Postgres.cursors if cursor[0] != "by_date"]
    fatal = [("date", "2024-01-02", "0044-03-15 BC", "year -?[0-9]+ is out of range"),
             ("timestamp", "2024-01-02 03:04:05", "0044-03-15 00:00:00 BC",
              "year -?[0-9]+ is out of range")]


class PipelinewiseMysql(Databases, unittest.TestCase):
    tap = database_columns.PIPELINEWISE_MYSQL
    columns = database_columns.MARIADB
    folder = "taps/mysql"
    first, second = "shop", "sales"
    refusal = "Access denied for user"
    cursors = [
        ("by_small", "smallint", ["-5", "1", "3"], "4"),
        ("by_big", "bigint unsigned", ["18446744073709551613", "18446744073709551614"],
         "18446744073709551615"),
        ("by_price", "decimal(10,2)", ["1.10", "12.30"], "12.31"),
        ("by_date", "date", ["'2024-02-28'", "'2024-02-29'"], "'2024-03-01'"),
        ("by_time", "timestamp(6) null", ["'2024-01-02 03:04:05.678901'",
                                          "'2024-01-02 03:04:05.678902'"],
         "'2024-01-02 03:04:05.678903'"),
        ("by_plain_time", "datetime", ["'2024-01-02 03:04:05'", "'2024-01-02 03:04:06'"],
         "'2024-01-02 03:04:07'"),
        ("by_text", "varchar(20)", ["'a'", "'b \"\\\\ é ☃ 𝄞'"], "'c'"),
    ]

    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(mariadb.Server())
        cls.server.execute("SET GLOBAL sql_mode = 'ALLOW_INVALID_DATES'; CREATE DATABASE sales;")
        cls.fill()
        cls.server.execute(
            "CREATE TABLE `long` (id integer PRIMARY KEY AUTO_INCREMENT, pad varchar(500));"
            f"INSERT INTO `long` SELECT seq, repeat('x', 500) FROM seq_1_to_{LONG};")
        cls.source = airbyte_source.Source(cls.folder, {
            "host": cls.server.host, "port": cls.server.port, "username": cls.server.user,
            "password": cls.server.password, "databases": [cls.first, cls.second]})

    def printed(self, column):
        """What the server prints for each row, in JSON so that line ends and NULL are seen."""
        expression = (column.expression or "CAST({} AS CHAR)").format(column.name)
        lines = self.server.execute(
            f"SELECT JSON_ARRAY({expression}) FROM kinds ORDER BY id")
        return [airbyte_source.loads(line)[0] for line in lines.split("\n")[:-1]]


class Readme(unittest.TestCase):
    def test_the_readme_lists_every_difference(self):
        path = os.path.join(tap_environment.ROOT, "tests", "README.md")
        with open(path, encoding="utf-8") as file:
            self.assertIn(database_columns.readme_table(), file.read())


if __name__ == "__main__":
    unittest.main()
