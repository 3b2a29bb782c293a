"""Stripe's API, as far as tap-stripe asks for it: https://docs.stripe.com/api?api-version=2022-11-15"""
import datetime
import fnmatch
import time

from live.canned_routes import Answer, Api

KEY = "rk_test_of_the_tests"
ACCOUNT = "acct_lanternworks"
BASE = "https://api.stripe.com/v1"
PAGE = 2


def error(status, message="Something went wrong on Stripe's end."):
    kinds = {401: "invalid_request_error", 404: "invalid_request_error",
             429: "rate_limit_error"}
    return Answer({"error": {"type": kinds.get(status, "api_error"), "message": message}}, status)


def login(request):
    if request.headers.get("authorization") != "Bearer " + KEY:
        return error(401, "Invalid API Key provided: rk_test_***")
    if request.headers.get("stripe-account", ACCOUNT) != ACCOUNT:
        return error(404, "No such account")
    return None


api = Api(__file__, login, error, headers={"Request-Id": "req_of_the_tests"})


def created_in(request, records):
    """Those of the window of time. What has `"created": null` came into being just after what
    was asked for last."""
    start = int(request.query.get("created[gte]", 0))
    end = int(request.query.get("created[lt]", 1 << 40))
    found = []
    for record in records:
        if record["created"] is None:
            if start <= time.time() < end + 60:
                found.append({**record, "created": start + 1})
        elif start <= record["created"] < end:
            found.append(record)
    return found


def listed(request, records):
    """A page of at most PAGE, whatever limit is asked for, the newest first."""
    records = sorted(records, key=lambda record: record.get("created") or 0, reverse=True)
    names = [record["id"] for record in records]
    last = request.query.get("starting_after")
    start = names.index(last) + 1 if last else 0
    return {"object": "list", "url": request.url.removeprefix("https://api.stripe.com"),
            "has_more": len(records) > start + PAGE, "data": records[start:start + PAGE]}


@api.get(BASE + "/accounts/{account}")
def account_of(request, account):
    """The first that the tap asks for. It counts in seconds: of two reads the later is later."""
    if request.phase > 1:
        time.sleep(1)
    if account != ACCOUNT:
        return error(403, "The provided key does not have access to account '" + account + "'")
    return {"id": account, "object": "account", "country": "DE",
            "settings": {"dashboard": {"display_name": "Lantern Works", "timezone": "Etc/UTC"}}}


def part(request, name, **having):
    """The list inside an object, as far as it is there at once."""
    records = request.records(name, **having)
    owner = next(iter(having.values()))
    path = {"lines": f"/v1/invoices/{owner}/lines", "items": "/v1/subscription_items",
            "reversals": f"/v1/transfers/{owner}/reversals"}[name]
    return {"object": "list", "url": path, "total_count": len(records),
            "has_more": len(records) > PAGE, "data": records[:PAGE]}


PARTS = {"invoices": {"lines": "_invoice"}, "subscriptions": {"items": "subscription"},
         "transfers": {"reversals": "transfer"}}


def whole(request, name, records):
    for record in records:
        for member, key in PARTS.get(name, {}).items():
            record[member] = part(request, member, **{key: record["id"]})
    return records


def add_list(name):
    @api.get(f"{BASE}/{name}")
    def records(request):
        return listed(request, created_in(request, whole(request, name, request.records(name))))


for list_name in ("charges", "customers", "plans", "payment_intents", "invoices", "invoiceitems",
                  "transfers", "coupons", "subscriptions", "payouts", "disputes", "products"):
    add_list(list_name)


@api.get(BASE + "/balance_transactions")
def balance_transactions(request):
    having = {"_payout": request.query["payout"]} if "payout" in request.query else {}
    return listed(request, created_in(request, request.records("balance_transactions", **having)))


@api.get(BASE + "/invoices/{invoice}/lines")
def lines(request, invoice):
    return listed(request, request.records("lines", _invoice=invoice))


@api.get(BASE + "/events")
def events(request):
    """Of what happened so many days ago to an object of another list."""
    found = []
    for event in request.records("events"):
        if not fnmatch.fnmatch(event["type"], request.query.get("type", "*")):
            continue
        name = event.pop("list")
        subject, = whole(request, name, request.records(name, id=event.pop("of")))
        subject.update(event.pop("with"))
        days_ago = event.pop("days_ago")
        day = request.today - datetime.timedelta(days=days_ago or 0)
        midnight = datetime.datetime.combine(day, datetime.time(), datetime.timezone.utc)
        found.append({**event, "object": "event", "api_version": "2022-11-15", "livemode": False,
                      "created": None if days_ago is None else int(midnight.timestamp()),
                      "pending_webhooks": 0, "request": {"id": None, "idempotency_key": None},
                      "data": {"object": subject}})
    return listed(request, created_in(request, found))
