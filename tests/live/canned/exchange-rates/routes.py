"""exchangeratesapi.io as it answered without an access key, as tap-exchangeratesapi asks for it:
the rates of a day, or those of the last day before it that has any."""
import datetime

from live.canned_routes import Answer, Api

DAYS = 9             # before today: the first with rates
PAUSE = (6, 5)       # days before today that have none, as on weekends
CROWNS_FROM = 4      # days before today: a currency comes into being
BASES = ("EUR", "USD")


def error(status):
    return Answer({"error": {"code": "failed", "message": "An error occurred."}}, status)


api = Api(__file__, error=error)


def rates_of(days_ago, base):
    rates = {"EUR": 1.0, "USD": 1.0812, "JPY": 160 + days_ago * 0.25, "GBP": 0.85675}
    if days_ago <= CROWNS_FROM:
        rates["SEK"] = 11.3005
    return {name: rate for name, rate in rates.items() if name != base}


@api.get("https://api.exchangeratesapi.io/{day}")
def day_of_rates(request, day):
    if request.query.get("base") not in BASES:
        return Answer({"error": {"code": "invalid_base_currency"}}, 400)
    days_ago = (request.today - datetime.date.fromisoformat(day)).days
    if days_ago > DAYS:
        return Answer({"error": {"code": "no_rates_available"}}, 400)
    published = 0 if request.phase > 1 else 1  # today's come in the afternoon
    days_ago = max(days_ago, published)
    while days_ago in PAUSE:
        days_ago += 1
    return {"base": request.query["base"],
            "date": str(request.today - datetime.timedelta(days=days_ago)),
            "rates": rates_of(days_ago, request.query["base"])}
