"""GitHub's REST API, as far as tap-github asks for it: https://docs.github.com/en/rest"""
from live.canned_routes import Answer, Api, page_of

TOKEN = "pat-of-the-tests"
REPOSITORY = "https://api.github.com/repos/{owner}/{repository}"
ORGANIZATION = "https://api.github.com/orgs/{organization}"
ORGANIZATION_NAME = "lantern-works"
PAGE = 2


def error(status, message="Something went wrong."):
    return Answer({"message": message, "documentation_url": "https://docs.github.com/rest",
                   "status": str(status)}, status)


def login(request):
    if request.headers.get("authorization") not in ("token " + TOKEN, "Bearer " + TOKEN):
        return error(401, "Bad credentials")
    if "/repos/" in request.url and f"/repos/{ORGANIZATION_NAME}/tide-tables" not in request.url:
        return error(404, "Not Found")
    return None


api = Api(__file__, login, error, headers={  # tap-github wants to see them
    "X-RateLimit-Limit": "5000", "X-RateLimit-Remaining": "4990",
    "X-RateLimit-Reset": "4102444800"})


def listed(request, records, newest=None):
    """A page, with the link to the next; newest: the field that they are sorted by."""
    if newest:
        records = sorted(records, key=lambda record: record[newest], reverse=True)
        records = [record for record in records if record[newest] >= request.query.get("since", "")]
    number = int(request.query.get("page", 1))
    page, more = page_of(records, number, int(request.query.get("per_page", PAGE)))
    link = {"Link": f'<{request.url_with(page=number + 1)}>; rel="next"'} if more else {}
    return Answer(page, headers=link)


@api.get("https://api.github.com/rate_limit")
@api.get("https://github.example.com/api/v3/rate_limit")
def rate_limit(request):
    return {"resources": {}, "rate": {"limit": 5000, "remaining": 4990, "reset": 4102444800}}


@api.get(REPOSITORY + "/commits")
def commits(request, owner, repository):
    found = request.records("commits", key="sha")
    since = request.query.get("since", "")
    return listed(request, [commit for commit in reversed(found)
                            if commit["commit"]["committer"]["date"] >= since])


@api.get(REPOSITORY + "/pulls/{number}/commits")
def commits_of_pull(request, owner, repository, number):
    return listed(request, request.records("pr_commits", key="sha", _pull=int(number)))


@api.get(REPOSITORY + "/pulls/{number}/{part}")
def part_of_pull(request, owner, repository, number, part):
    url = f"https://api.github.com/repos/{owner}/{repository}/pulls/{number}"
    return listed(request, request.records("review_comments" if part == "comments" else part,
                                           pull_request_url=url))


SORTED_BY = {"issues": "updated_at", "issues/comments": "updated_at", "pulls": "updated_at",
             "milestones": "updated_at", "issues/events": "created_at", "events": "created_at",
             "releases": "created_at"}
LISTS = [*SORTED_BY, "comments", "assignees", "collaborators", "labels"]


def add_list(path):
    @api.get(f"{REPOSITORY}/{path}")
    def records(request, owner, repository):
        return listed(request, request.records(path.replace("/", "_")), SORTED_BY.get(path))


for name in LISTS:
    add_list(name)


@api.get(REPOSITORY + "/stargazers")
def stargazers(request, owner, repository):
    return listed(request, request.records("stargazers", key="starred_at"))


@api.get(ORGANIZATION + "/repos")
def repositories(request, organization):
    return listed(request, [{"id": 4001, "full_name": f"{organization}/tide-tables"}])


@api.get(ORGANIZATION + "/teams")
def teams(request, organization):
    return listed(request, request.records("teams"))


@api.get(ORGANIZATION + "/teams/{team}/members")
def members(request, organization, team):
    return listed(request, request.records("assignees"))


@api.get(ORGANIZATION + "/teams/{team}/memberships/{user}")
def membership(request, organization, team, user):
    return {"url": f"https://api.github.com/teams/31/memberships/{user}",
            "role": "maintainer" if user == "mira-k" else "member", "state": "active"}
