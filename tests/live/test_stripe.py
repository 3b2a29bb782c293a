"""tap-stripe from PyPI against a canned Stripe."""
import datetime
import re
import tempfile
import unittest

from live import airbyte_source, canned_api
from live.canned_api import Stream

KEEPS_POSITION = ""  # in place of a cursor
CHILDREN = ("invoice_line_items", "payout_transactions", "subscription_items",
            "transfer_reversals")


def by_name(states):
    return {state["stream"]["stream_descriptor"]["name"]: state for state in states}


class Stripe(canned_api.CannedApiTest, unittest.TestCase):
    name = "stripe"
    ca_bundle = "stripe/data/ca-certificates.crt"
    config = {"account_id": "acct_lanternworks", "client_secret": "rk_test_of_the_tests",
              "start_date": "2024-01-01T00:00:00Z", "slice_range": 3650}
    refused = {"client_secret": "rk_test_that_was_rolled"}
    refusal = "does not accept the secret key"
    read_refusal = "Invalid API Key"
    paged = r"/v1/charges\?"
    limited = r"/v1/charges\?"
    # What was changed comes once more, as it was after the change.
    streams = {
        "balance_transactions": Stream(["id"], "created", ["txn_1", "txn_2", "txn_3"], ["txn_4"]),
        "charges": Stream(["id"], "updated", ["ch_1", "ch_1", "ch_2", "ch_3"],
                          ["ch_1", "ch_2", "ch_4"]),
        "coupons": Stream(["id"], "updated", ["SPRING"], []),
        "customers": Stream(["id"], "updated", ["cus_1", "cus_1", "cus_2"], ["cus_1", "cus_3"]),
        "disputes": Stream(["id"], "updated", ["dp_1"], []),
        "events": Stream(["id"], "created", ["evt_1", "evt_2", "evt_3", "evt_5"],
                         ["evt_4"]),
        "invoice_items": Stream(["id"], "updated", ["ii_1"], []),
        "invoice_line_items": Stream(["id", "invoice"], KEEPS_POSITION,
                                     ["in_1", "in_1", "in_1", "in_2", "in_2"], ["in_2", "in_3"]),
        "invoices": Stream(["id"], "updated", ["in_1", "in_2", "in_2"],
                           ["in_2", "in_3"]),
        "payment_intents": Stream(["id"], "updated", ["pi_1"], ["pi_2"]),
        "payout_transactions": Stream(["id"], KEEPS_POSITION, ["txn_1", "txn_2", "txn_3"], []),
        "payouts": Stream(["id"], "updated", ["po_1", "po_2"], []),
        "plans": Stream(["id"], "updated", ["plan_1"], []),
        "products": Stream(["id"], "updated", ["prod_1"], []),
        "subscription_items": Stream(["id"], "created", ["si_1"], ["si_2"]),
        "subscriptions": Stream(["id"], "updated", ["sub_1"], ["sub_2"]),
        "transfer_reversals": Stream(["id"], "created", ["trr_1"], []),
        "transfers": Stream(["id"], "updated", ["tr_1"], []),
    }

    def choices(self, incremental):
        return {(None, name): ("incremental", stream.cursor or None) if incremental
                else ("full_refresh", None) for name, stream in self.streams.items()}

    def test_the_acceptance_tests_pass(self):
        """On the way through the changes of a stream the tap leaves states of 30 days ago, from
        which it fails once (README.md). Without the children no sample is of that time."""
        parents = {key: choice for key, choice in self.choices(incremental=True).items()
                   if key[1] not in CHILDREN}
        with tempfile.TemporaryDirectory() as folder:
            self.test_options = ("--catalog", self.write_json(
                folder, "catalog", canned_api.plain(self.source.catalog(parents))))
            super().test_the_acceptance_tests_pass()

    def test_the_acceptance_tests_pass_with_children(self):
        """From a start date on which there are no such states."""
        start = self.server.today - datetime.timedelta(days=20)
        self.config = {**self.config, "start_date": f"{start}T00:00:00Z"}
        super().test_the_acceptance_tests_pass()

    def test_a_child_that_stayed_behind_brings_all_and_so_does_one_that_is_back(self):
        """The parent goes back to where the child was, or the tap does."""
        choices = {(None, "invoice_line_items"): ("incremental", None),
                   (None, "invoices"): ("incremental", "updated")}
        first = airbyte_source.states(self.source.read(choices))
        self.server.phase = 2
        later = self.source.read({(None, "invoices"): ("incremental", "updated")}, first)
        messages = self.source.read(choices, [by_name(airbyte_source.states(later))["invoices"],
                                              by_name(first)["invoice_line_items"]])
        self.assert_brought(messages, {"invoice_line_items": ["in_2", "in_3"]})

    def test_a_child_goes_on_without_its_parent(self):
        choices = {(None, "invoice_line_items"): ("incremental", None),
                   (None, "invoices"): ("incremental", "updated")}
        states = airbyte_source.states(self.source.read(choices))
        self.server.phase = 2
        child = {(None, "invoice_line_items"): ("incremental", None)}
        messages = self.source.read(child, [by_name(states)["invoice_line_items"]])
        self.assert_brought(messages, {"invoice_line_items": ["in_2", "in_3"]})

    def test_children_are_read_without_their_parents(self):
        choices = {(None, "subscription_items"): ("incremental", "created"),
                   (None, "invoice_line_items"): ("incremental", None)}
        first = self.source.read(choices)
        self.assert_brought(first, {name: self.streams[name].first for _, name in choices})
        self.server.phase = 2
        second = self.source.read(choices, airbyte_source.states(first))
        self.assert_brought(second, {name: self.streams[name].second for _, name in choices})

    def test_a_child_goes_on_while_other_streams_are_read_in_full(self):
        choices = {(None, "invoice_line_items"): ("incremental", None),
                   (None, "charges"): ("full_refresh", None)}
        first = self.source.read(choices)
        self.server.phase = 2
        second = self.source.read(choices, airbyte_source.states(first))
        self.assert_brought(second, {"invoice_line_items": ["in_2", "in_3"]})

    def test_a_child_that_is_cleared_starts_again_with_its_parent(self):
        choices = {(None, "invoice_line_items"): ("incremental", None),
                   (None, "invoices"): ("incremental", "updated")}
        states = airbyte_source.states(self.source.read(choices))
        second = self.source.read(choices, [by_name(states)["invoices"]])
        self.assert_brought(second, {name: self.streams[name].first for _, name in choices})

    def test_after_more_than_30_days_each_stream_fails_once_and_starts_again(self):
        """Stripe keeps events for 30 days: the tap fails, and forgets how far it got."""
        choices = {(None, "charges"): ("incremental", "updated"),
                   (None, "customers"): ("incremental", "updated")}
        text = airbyte_source.dumps(airbyte_source.states(self.source.read(choices)))
        kept = by_name(airbyte_source.loads(
            re.sub(r'("updates_created": ?)\d+', r"\g<1>1705000000", text)))
        for name in ("charges", "customers"):
            code, messages = self.source.run("read", catalog=self.source.catalog(choices),
                                             state=list(kept.values()))
            self.assertEqual(code, 1)
            error, = airbyte_source.errors(messages)
            self.assertRegex(error["message"], f"older than 30 days.*{name}")
            kept.update(by_name(airbyte_source.states(messages)))
        messages = self.source.read(choices, list(kept.values()))
        self.assert_brought(messages, {"customers": self.streams["customers"].first})


if __name__ == "__main__":
    unittest.main()
