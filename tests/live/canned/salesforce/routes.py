"""Salesforce's REST API and Bulk API, as far as tap-salesforce asks for them, and its OAuth
token endpoint:
https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/
https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/

objects.json has the objects with the types of their fields, OBJECT.json the records.
"""
import csv
import datetime
import io
import re

from live.canned_routes import Answer, Api

CLIENT = {"client_id": "3MVG9lantern.works", "client_secret": "client-secret-of-the-tests"}
# The second is good once only, as where refresh token rotation is switched on.
REFRESH_TOKENS = {"refresh-token-of-the-tests": {}, "rotated-token-of-the-tests": {},
                  "rotating-token-of-the-tests": {"refresh_token": "rotated-token-of-the-tests"}}
ACCESS_TOKEN = "00D5g00000FqVzE!access-token-of-the-tests"
INSTANCE = "https://lantern-works.my.salesforce.com"
DATA = INSTANCE + "/services/data/v61.0"
JOBS = INSTANCE + "/services/async/61.0/job"
PAGE = 2
ERRORS = {
    400: ("QUERY_TIMEOUT", "Your query request was running for too long."),
    401: ("INVALID_SESSION_ID", "Session expired or invalid"),
    403: ("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."),
    404: ("NOT_FOUND", "The requested resource does not exist"),
    500: ("UNKNOWN_EXCEPTION", "An unexpected error occurred."),
}
SOQL = re.compile(r"SELECT (?P<fields>\S+) FROM (?P<object>\w+)"
                  r"( WHERE (?P<key>\w+) >= (?P<start>\S+) ( AND \w+ < (?P<end>\S+))?)?"
                  r"( ORDER BY (?P<order>\w+) ASC)?")

queries = []  # by locator
jobs = []     # the query of each


def error(status):
    code, message = ERRORS[status]
    return Answer([{"message": message, "errorCode": code}], status)


def login(request):
    if ("Bearer " + ACCESS_TOKEN == request.headers.get("authorization") or
            ACCESS_TOKEN == request.headers.get("x-sfdc-session")):
        return None
    return error(401)


api = Api(__file__, login, error, headers={"Sforce-Limit-Info": "api-usage=18/15000"})


@api.post("https://login.salesforce.com/services/oauth2/token", login=False)
@api.post("https://test.salesforce.com/services/oauth2/token", login=False)
def token(request):
    form = request.form()
    if any(form.get(name) != value for name, value in CLIENT.items()):
        return Answer({"error": "invalid_client",
                       "error_description": "invalid client credentials"}, 400)
    if form.get("grant_type") != "refresh_token" or form["refresh_token"] not in REFRESH_TOKENS:
        return Answer({"error": "invalid_grant",
                       "error_description": "expired access/refresh token"}, 400)
    return {"access_token": ACCESS_TOKEN, "instance_url": INSTANCE, "token_type": "Bearer",
            "id": "https://login.salesforce.com/id/00D5g00000FqVzEEAV/0055g00000Cm8tLAAR",
            "issued_at": "1710000000000", "scope": "refresh_token api",
            **REFRESH_TOKENS[form["refresh_token"]]}


# ---- what there is

def objects(request):
    return {found["name"]: found for found in request.records("objects", key="name")}


def shown(description):
    return {"custom": description["name"].endswith("__c"), "customSetting": False,
            "label": description["name"], "name": description["name"], "queryable": True,
            "keyPrefix": description["keyPrefix"], "urls": {
                "sobject": "/services/data/v61.0/sobjects/" + description["name"]}}


@api.get(DATA + "/sobjects")
def describe_all(request):
    return {"encoding": "UTF-8", "maxBatchSize": 200,
            "sobjects": [shown(description) for description in objects(request).values()]}


@api.get(DATA + "/sobjects/{name}/describe")
def describe(request, name):
    description = objects(request)[name]
    return {**shown(description), "fields": [
        {"name": field, "label": field, "type": kind, "nillable": field != "Id"}
        for field, kind in description["fields"].items()]}


@api.get(DATA + "/limits")
def limits(request):
    return {"DailyApiRequests": {"Max": 15000, "Remaining": 14982},
            "DailyBulkApiBatches": {"Max": 15000, "Remaining": 14990}}


# ---- queries

def moment(text):
    return datetime.datetime.fromisoformat(text)


def run(request, query):
    """What a query finds: its fields and records."""
    parts = SOQL.fullmatch(query.strip())
    fields = parts["fields"].split(",")
    unknown = set(fields) - set(objects(request)[parts["object"]]["fields"])
    assert not unknown, unknown
    records = request.records(parts["object"], key="Id")
    if parts["key"]:
        records = [record for record in records
                   if moment(parts["start"]) <= moment(record[parts["key"]]) and
                   (parts["end"] is None or moment(record[parts["key"]]) < moment(parts["end"]))]
    if parts["order"]:
        records.sort(key=lambda record: moment(record[parts["order"]]))
    attributes = {"type": parts["object"]}
    return fields, [{"attributes": attributes, **{field: record.get(field) for field in fields}}
                    for record in records]


def answered(request, locator, start):
    _, records = run(request, queries[locator])
    more = {"nextRecordsUrl": f"/services/data/v61.0/query/01g5g00000{locator:05}AAA-{start + PAGE}"
            } if len(records) > start + PAGE else {}
    return {"totalSize": len(records), "done": not more, **more,
            "records": records[start:start + PAGE]}


@api.get(DATA + "/queryAll")
def query_all(request):
    queries.append(request.query["q"])
    return answered(request, len(queries) - 1, 0)


@api.get(DATA + "/query/01g5g00000{locator}AAA-{start}")
def query_more(request, locator, start):
    return answered(request, int(locator), int(start))


# ---- Bulk API

def job_info(number, state):
    return {"id": f"7505g00000{number:05}AAA", "operation": "queryAll", "state": state,
            "contentType": "CSV"}


@api.post(JOBS)
def create_job(request):
    jobs.append(None)
    return Answer(job_info(len(jobs) - 1, "Open"), 201)


@api.post(JOBS + "/7505g00000{job}AAA")
def close_job(request, job):
    return job_info(int(job), request.json()["state"])


def batch_info(job, state):
    return ('<?xml version="1.0" encoding="UTF-8"?>'
            '<batchInfo xmlns="http://www.force.com/2009/06/asyncapi/dataload">'
            f"<id>7515g00000{job}AAA</id><jobId>7505g00000{job}AAA</jobId>"
            f"<state>{state}</state></batchInfo>")


@api.post(JOBS + "/7505g00000{job}AAA/batch")
def add_batch(request, job):
    jobs[int(job)] = request.body.decode()
    return Answer(batch_info(job, "Queued"), 201)


@api.get(JOBS + "/7505g00000{job}AAA/batch/{batch}")
def batch_status(request, job, batch):
    return batch_info(job, "Completed")


@api.get(JOBS + "/7505g00000{job}AAA/batch/{batch}/result")
def result_list(request, job, batch):
    return ('<result-list xmlns="http://www.force.com/2009/06/asyncapi/dataload">'
            f"<result>7525g00000{job}AAA</result></result-list>")


def in_csv(value):
    if isinstance(value, bool):
        return str(value).lower()
    return value.replace("+0000", "Z") if isinstance(value, str) else value


@api.get(JOBS + "/7505g00000{job}AAA/batch/{batch}/result/{result}")
def result(request, job, batch, result):
    fields, records = run(request, jobs[int(job)])
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerow(fields)
    writer.writerows([in_csv(record[field]) for field in fields] for record in records)
    return text.getvalue()
