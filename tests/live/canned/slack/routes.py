"""Slack's Web API, as far as tap-slack asks for it: https://api.slack.com/methods

It says what went wrong in an answer with status 200; only a rate limit has one of its own."""
from live.canned_routes import Answer, Api, page_of

TOKEN = "xoxb-token-of-the-tests"
METHOD = "https://www.slack.com/api/"
PAGE = 2


def refusal(error, status=200):
    return Answer({"ok": False, "error": error}, status)


def login(request):
    if request.headers.get("authorization") != "Bearer " + TOKEN:
        return refusal("invalid_auth")
    return None


def arguments(request):
    return {**request.query, **request.form()}


def error(status):
    if status == 429:
        return refusal("ratelimited", status)
    return Answer("upstream connect error", status)


api = Api(__file__, login, error)


def listed(request, name, records):
    """A page, with the cursor of the next."""
    number = int(arguments(request).get("cursor") or 1)
    page, more = page_of(records, number, PAGE)
    return {"ok": True, name: page,
            "response_metadata": {"next_cursor": str(number + 1) if more else ""}}


def of_channel(request, **wanted):
    return request.records("messages", key="ts", _channel=arguments(request)["channel"], **wanted)


def in_window(request, messages):
    """Both ends are left out, as without `inclusive`."""
    start, end = (float(arguments(request)[name]) for name in ("oldest", "latest"))
    return [message for message in messages if start < float(message["ts"]) < end]


@api.post(METHOD + "auth.test")
def auth_test(request):
    return {"ok": True, "url": "https://lantern-works.slack.com/", "team": "Lantern Works",
            "user": "reader", "team_id": "T0LANTERN", "user_id": "U0READER", "bot_id": "B0READER"}


@api.post(METHOD + "conversations.list")
def conversations_list(request):
    kinds = arguments(request)["types"].split(",")
    found = [channel for channel in request.records("channels")
             if ("private_channel" if channel["is_private"] else "public_channel") in kinds
             and not (channel["is_archived"] and arguments(request)["exclude_archived"] == "true")]
    return listed(request, "channels", found)


@api.post(METHOD + "conversations.info")
def conversations_info(request):
    for channel in request.records("channels", id=arguments(request)["channel"]):
        return {"ok": True, "channel": channel}
    return refusal("channel_not_found")


@api.post(METHOD + "conversations.join")
def conversations_join(request):
    channel, = request.records("channels", id=arguments(request)["channel"])
    return {"ok": True, "channel": channel}


@api.post(METHOD + "conversations.members")
def conversations_members(request):
    members = [entry["user"] for entry in request.records("members",
                                                          channel=arguments(request)["channel"])]
    return listed(request, "members", members)


@api.post(METHOD + "conversations.history")
def conversations_history(request):
    channel, = request.records("channels", id=arguments(request)["channel"])
    if not channel["is_member"]:
        return refusal("not_in_channel")
    messages = [message for message in of_channel(request)
                if message.get("thread_ts", message["ts"]) == message["ts"]]
    messages.sort(key=lambda message: message["ts"], reverse=True)
    return listed(request, "messages", in_window(request, messages))


@api.post(METHOD + "conversations.replies")
def conversations_replies(request):
    messages = [message for message in of_channel(request)
                if message.get("thread_ts", message["ts"]) == arguments(request)["ts"]]
    return listed(request, "messages", in_window(request, messages))


@api.post(METHOD + "users.list")
def users_list(request):
    return listed(request, "members", request.records("users"))


@api.post(METHOD + "usergroups.list")
def usergroups_list(request):
    return {"ok": True, "usergroups": request.records("user_groups")}


@api.post(METHOD + "team.info")
def team_info(request):
    return {"ok": True, "team": {
        "id": "T0LANTERN", "name": "Lantern Works", "domain": "lantern-works",
        "email_domain": "example.com", "url": "https://lantern-works.slack.com/",
        "avatar_base_url": "https://ca.slack-edge.com/", "is_verified": False,
        "icon": {"image_34": "https://example.com/34.png", "image_default": True}}}


def in_time(request, name):
    """By Slack's parameters; what a client says by other names is as good as not said."""
    start, end = (int(arguments(request).get(name, other))
                  for name, other in (("ts_from", 0), ("ts_to", 1 << 40)))
    return [file for file in request.records(name) if start <= file["timestamp"] <= end]


@api.post(METHOD + "files.list")
def files_list(request):
    count = int(arguments(request).get("count", 100))
    number = int(arguments(request).get("page", 1))
    files = in_time(request, "files")
    page, _ = page_of(files, number, count)
    return {"ok": True, "files": page, "paging": {
        "count": count, "total": len(files), "page": number,
        "pages": -(-len(files) // count)}}


@api.post(METHOD + "files.remote.list")
def files_remote_list(request):
    return listed(request, "files", in_time(request, "remote_files"))
