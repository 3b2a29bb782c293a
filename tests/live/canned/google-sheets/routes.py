"""Google's Sheets API v4, as far as tap-google-sheets asks for it, and its OAuth token endpoint:
https://developers.google.com/workspace/sheets/api/reference/rest
https://developers.google.com/identity/protocols/oauth2/web-server#offline

sheets.json has the tabs: their properties and, for each column, what a header is and how its
cells are formatted. SHEET.json has the rows; a cell is its value, or what is shown and the value.
"""
import re
import urllib.parse

from live.canned_routes import Answer, Api

ID = "1hLd9Qqti3UyLXZB2aFfUWDT7BG-arw2xy4HR3D-dwUb"
CLIENT = {"client_id": "lantern-works.apps.googleusercontent.com",
          "client_secret": "client-secret-of-the-tests"}
REFRESH_TOKEN = "refresh-token-of-the-tests"
ACCESS_TOKEN = "access-token-of-the-tests"
SPREADSHEETS = "https://sheets.googleapis.com/v4/spreadsheets/{spreadsheet}"
STATUSES = {400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED",
            404: "NOT_FOUND", 429: "RESOURCE_EXHAUSTED", 500: "INTERNAL", 503: "UNAVAILABLE"}
MESSAGES = {
    401: "Request had invalid authentication credentials.",
    403: "The caller does not have permission",
    404: "Requested entity was not found.",
    429: "Quota exceeded for quota metric 'Read requests' and limit 'Read requests per minute "
         "per user' of service 'sheets.googleapis.com'.",
}


def error(status):
    return Answer({"error": {"code": status, "message": MESSAGES.get(status, "Internal error."),
                             "status": STATUSES[status]}}, status)


def login(request):
    if request.headers.get("authorization") != "Bearer " + ACCESS_TOKEN:
        return error(401)
    return None


api = Api(__file__, login, error)


@api.post("https://oauth2.googleapis.com/token", login=False)
def token(request):
    form = request.form()
    if any(form.get(name) != value for name, value in CLIENT.items()):
        return Answer({"error": "invalid_client", "error_description": "Unauthorized"}, 401)
    if form.get("grant_type") != "refresh_token" or form.get("refresh_token") != REFRESH_TOKEN:
        return Answer({"error": "invalid_grant",
                       "error_description": "Token has been expired or revoked."}, 400)
    return {"access_token": ACCESS_TOKEN, "expires_in": 3599, "token_type": "Bearer",
            "scope": "https://www.googleapis.com/auth/spreadsheets.readonly"}


def rows_of(request, sheet):
    """The cells of each row by its number, as (what is shown, value)."""
    name = sheet["_rows"]
    if name == "tides":  # many rows, one each six hours
        records = [{"row": row, "cells": [["%.2f" % (row / 8), row / 8]]} for row in range(2, 232)]
    else:
        records = request.records(name, key="row") if name else []
    return {record["row"]: [cell if isinstance(cell, list) else [str(cell), cell]
                            for cell in record["cells"]] for record in records}


def cell_data(cell, number_format):
    """https://developers.google.com/.../sheets/api/reference/rest/v4/spreadsheets/cells"""
    formatted = {"effectiveFormat": {"numberFormat": number_format}} if number_format else {}
    shown, value = cell
    if value == "":
        return formatted
    kind = ("boolValue" if isinstance(value, bool) else
            "stringValue" if isinstance(value, str) else "numberValue")
    return {"userEnteredValue": {kind: value}, "effectiveValue": {kind: value},
            "formattedValue": shown, **formatted}


def grid_data(request, sheet):
    """Of the first two rows."""
    second = rows_of(request, sheet).get(2, [])
    formats = [column.get("numberFormat") for column in sheet["_columns"]]
    rows = [[cell_data([column["header"]] * 2, None) for column in sheet["_columns"]],
            [cell_data(cell, number_format) for cell, number_format in zip(second, formats)]]
    return [{"startRow": 0, "rowData": [{"values": row} for row in rows if row]}]


def sheets(request):
    return request.records("sheets", key="_title")


def shown(sheet):
    return {name: value for name, value in sheet.items() if not name.startswith("_")}


@api.get(SPREADSHEETS)
def metadata(request, spreadsheet):
    if spreadsheet != ID:
        return error(404)
    found = sheets(request)
    answer = {
        "spreadsheetId": ID,
        "properties": {"title": "Tide tables", "locale": "de_DE", "autoRecalc": "ON_CHANGE",
                       "timeZone": "Europe/Berlin",
                       "defaultFormat": {"padding": {"top": 2, "right": 3}}},
        "spreadsheetUrl": f"https://docs.google.com/spreadsheets/d/{ID}/edit",
    }
    if request.query.get("includeGridData") != "true":
        return {**answer, "sheets": [shown(sheet) for sheet in found]}
    title = re.fullmatch("'(.*)'!1:2", request.query["ranges"])[1]
    sheet = next(sheet for sheet in found if sheet["_title"] == title)
    return {**answer, "sheets": [{**shown(sheet), "data": grid_data(request, sheet)}]}


def last_with(cells, is_empty):
    """The cells without the empty ones at the end, as the API leaves them out."""
    while cells and is_empty(cells[-1]):
        cells = cells[:-1]
    return cells


@api.get(SPREADSHEETS + "/values/{cells}")
def values(request, spreadsheet, cells):
    title, first, last = re.fullmatch(r"'(.*)'!A(\d+):[A-Z]+(\d+)",
                                      urllib.parse.unquote_plus(cells)).groups()
    sheet = next(sheet for sheet in sheets(request) if sheet["_title"] == title)
    if int(last) > sheet["properties"]["gridProperties"]["rowCount"]:
        return error(400)
    form = 0 if request.query["valueRenderOption"] == "FORMATTED_VALUE" else 1
    rows = rows_of(request, sheet)
    found = [last_with([cell[form] for cell in rows.get(row, [])], lambda cell: cell == "")
             for row in range(int(first), int(last) + 1)]
    found = last_with(found, lambda row: not row)
    return {"range": cells, "majorDimension": "ROWS", **({"values": found} if found else {})}
