"""Mailchimp's Marketing API, as far as tap-mailchimp asks for it:
https://mailchimp.com/developer/marketing/api/"""
import base64
import io
import json
import tarfile

from live.canned_routes import Answer, Api

KEY, TOKEN = "key-of-the-tests-us10", "token-of-the-tests"
BASIC = "Basic " + base64.b64encode(f":{KEY}".encode()).decode()
BASE = "https://us10.api.mailchimp.com/3.0"
FILES = "https://mailchimp-api-batch.s3.amazonaws.com/"


def error(status, title="Something went wrong"):
    return Answer({"type": "https://mailchimp.com/developer/marketing/docs/errors/",
                   "title": title, "status": status, "detail": title + ".",
                   "instance": "00000000-0000-0000-0000-000000000000"}, status)


def login(request):
    if request.headers.get("authorization") not in (BASIC, "OAuth " + TOKEN):
        return error(401, "API Key Invalid")
    return None


api = Api(__file__, login, error)


def listed(request, name, records, **more):
    """A page, of the fields that are asked for only."""
    wanted = {field.partition(".")[2] for field in request.query.get("fields", "").split(",")
              if field.startswith(name + ".")}
    start, count = (int(request.query.get(word, other))
                    for word, other in (("offset", 0), ("count", 10)))
    page = [{**record, "_links": []} for record in records[start:start + count]]
    if wanted:
        page = [{field: value for field, value in record.items() if field in wanted}
                for record in page]
    return {name: page, "total_items": len(records), "_links": [], **more}


def newer(records, field, since):
    return [record for record in records if record[field] > (since or "").replace("Z", "+00:00")]


@api.get("https://login.mailchimp.com/oauth2/metadata", login=False)
def metadata(request):
    """It has an answer with status 200 for a wrong token, too."""
    if request.headers.get("authorization") != "OAuth " + TOKEN:
        return {"error": "invalid_token"}
    return {"dc": "us10", "role": "owner", "accountname": "Lantern Works", "user_id": 10,
            "login_url": "https://login.mailchimp.com",
            "api_endpoint": "https://us10.api.mailchimp.com"}


def add_list(name):
    @api.get(f"{BASE}/{name}")
    def records(request):
        return listed(request, name, request.records(name))


for list_name in ("lists", "campaigns", "automations"):
    add_list(list_name)


@api.get(BASE + "/lists/{list_id}/members")
def list_members(request, list_id):
    members = [{member: value for member, value in record.items() if member != "key"}
               for record in request.records("members", key="key", list_id=list_id)]
    return listed(request, "members", newer(members, "last_changed",
                                            request.query.get("since_last_changed")),
                  list_id=list_id)


@api.get(BASE + "/lists/{list_id}/segments")
def list_segments(request, list_id):
    return listed(request, "segments", request.records("segments", list_id=list_id))


@api.get(BASE + "/lists/{list_id}/segments/{segment}/members")
def list_segment_members(request, list_id, segment):
    members = [{member: value for member, value in record.items() if member != "key"}
               for record in request.records("members", key="key", list_id=list_id)
               if int(segment) == 4001]
    return listed(request, "members", members)


@api.get(BASE + "/reports/{campaign}/unsubscribed")
def unsubscribed(request, campaign):
    return listed(request, "unsubscribes",
                  request.records("unsubscribes", key="email_id", campaign_id=campaign))


# What is asked for stands in the id of the batch, so that nothing has to be remembered.

@api.post(BASE + "/batches")
def start_batch(request):
    asked = {operation["operation_id"]: operation["params"]["since"]
             for operation in request.json()["operations"]}
    name = base64.urlsafe_b64encode(json.dumps(asked).encode()).decode().rstrip("=")
    return batch(request, name)


@api.get(BASE + "/batches/{name}")
def batch(request, name):
    return {"id": name, "status": "finished", "total_operations": 1, "finished_operations": 1,
            "errored_operations": 0, "submitted_at": "2024-05-01T00:00:00+00:00",
            "completed_at": "2024-05-01T00:00:05+00:00",
            "response_body_url": f"{FILES}{name}.tar.gz"}


def activity_of(request, campaign, since):
    emails = []
    for email in request.records("activity", key="key", campaign_id=campaign):
        events = newer(email["activity"], "timestamp", since)
        if events:
            email.pop("key")
            emails.append({**email, "activity": events, "_links": []})
    return emails


@api.get(FILES + "{name}.tar.gz", login=False)
def results_of_batch(request, name):
    asked = json.loads(base64.urlsafe_b64decode(name + "=" * (-len(name) % 4)))
    answers = json.dumps([
        {"status_code": 200, "operation_id": campaign,
         "response": json.dumps({"campaign_id": campaign,
                                 "emails": activity_of(request, campaign, since)})}
        for campaign, since in asked.items()]).encode()
    file = io.BytesIO()
    with tarfile.open(mode="w:gz", fileobj=file) as archive:
        for path, content in (("./empty.json", b""), ("./answers.json", answers)):
            entry = tarfile.TarInfo(path)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return file.getvalue()
