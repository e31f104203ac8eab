"""A description is kept to the letter, and what is known to differ has to differ."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from hub.conform import agreeing, noting, published
from hub.conform.agreeing import Compared, Difference
from hub.errors import CorrectInput
from hub.sandbox import Request, Response

TASK = {"gid": "7", "state": "open", "due": "2026-03-01"}
DESCRIPTION = """
openapi: 3.0.0
info: {title: Acme, version: "1"}
servers: [{url: https://acme.example/v1}]
security: [{bearer: []}]
components:
  securitySchemes: {bearer: {type: http, scheme: bearer}}
  parameters:
    limit: {name: limit, in: query, required: true, schema: {type: integer, maximum: 100}}
  schemas:
    Compact: {type: object, required: [gid], properties: {gid: {type: string}}}
    Task:
      allOf:
        - $ref: '#/components/schemas/Compact'
        - type: object
          properties:
            state: {type: string, enum: [open, done]}
            due: {type: string, format: date}
            labels: {type: object, additionalProperties: {type: string}}
paths:
  /tasks:
    get:
      parameters:
        - $ref: '#/components/parameters/limit'
        - {name: state, in: query, schema: {type: string, enum: [open, done]}}
      responses:
        200:
          description: some
          content:
            application/json:
              schema:
                type: object
                properties:
                  data: {type: array, items: {$ref: '#/components/schemas/Compact'}}
    post:
      requestBody:
        content:
          application/json:
            schema: {type: object, required: [name], properties: {name: {type: string}}}
      responses:
        201: {description: made, content: {}}
  /token:
    post:
      responses: {default: {description: a failure, content: {application/json: {schema: {
        type: object, required: [message], properties: {message: {type: string}}}}}}}
  /tasks/{id}:
    get:
      parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
      responses:
        200:
          description: one
          content:
            application/json:
              schema: {$ref: '#/components/schemas/Task'}
        404: {description: none}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "acme.yaml").write_text(DESCRIPTION)
    monkeypatch.setenv("HUB_VENDOR_SPECS", str(tmp_path))
    return tmp_path


def asked(method: str, url: str, body: Any = None, status: int = 200, answer: Any = None) -> Any:
    parts = urlsplit(url)
    sent = json.dumps(body).encode() if body is not None else b""
    kind = {"content-type": "application/json"}
    return Request(method, url, parts.path, parse_qs(parts.query), kind, sent), Response(
        answer, status
    )


def compared(folder: Path, *exchanges: Any, known: Sequence[Any] = (), **more: Any) -> Compared:
    said = {"published": "acme.example", "files": ["acme.yaml"], "under": "/api", "known": known}
    (folder / "description.yaml").write_text(json.dumps(said | more))
    named = published.read(folder)
    assert named is not None
    return agreeing.compare(named, exchanges)


def test_what_keeps_to_it_differs_nowhere(folder: Path) -> None:
    found = compared(
        folder,
        asked("GET", "/api/tasks?limit=100&state=open", answer={"data": [{"gid": "7"}]}),
        asked("POST", "/api/tasks", {"name": "a"}, 201, ""),
        asked("GET", "/api/tasks/7/", answer={**TASK, "labels": {"any": "name"}}),
        asked("GET", "/api/tasks/8", status=404, answer={"message": "gone"}),
        asked("POST", "/api/token", answer={"token": "of which only the failure is described"}),
        asked("POST", "/api/token", status=400, answer={"message": "no"}),
    )
    assert (found.differences, found.unused, found.exchanges) == (set(), (), 6)
    assert found.operations == {"GET /tasks", "POST /tasks", "POST /token", "GET /tasks/{id}"}


@pytest.mark.parametrize(
    ("exchange", "at", "says"),
    [
        (asked("GET", "/api/users?limit=1"), "GET /users", "is not described"),
        (asked("DELETE", "/api/tasks"), "DELETE /tasks", "is not described"),
        (asked("GET", "/tasks?limit=1"), "GET /tasks", "is not described"),
        (
            asked("GET", "/api/tasks?limit=1&colour=red", answer={}),
            "GET /tasks",
            "asks with a parameter that is unknown: colour",
        ),
        (asked("GET", "/api/tasks", answer={}), "GET /tasks", "query parameter: limit"),
        (asked("GET", "/api/tasks?limit=101", answer={}), "GET /tasks", "int is not maximum 100"),
        (
            asked("GET", "/api/tasks?limit=1&state=late", answer={}),
            "GET /tasks",
            "asks $ late is not enum ['open', 'done']",
        ),
        (asked("GET", "/api/tasks/seven", answer=TASK), "GET /tasks/{id}", "seven"),
        (
            asked("POST", "/api/tasks", {"title": "a"}, 201),
            "POST /tasks",
            "asks $ 'name' is a required property",
        ),
        (
            asked("POST", "/api/tasks", {"name": 7}, 201),
            "POST /tasks",
            "asks $.name int is not type string",
        ),
        (asked("POST", "/api/tasks", {"name": "a"}, 418), "POST /tasks", "answers 418"),
        (asked("POST", "/api/tasks", {"name": "a"}, 204), "POST /tasks", "answers 204"),
        (asked("GET", "/api/tasks?limit=1"), "GET /tasks", "answers 200 MissingData"),
        (
            asked("POST", "/api/token", status=400, answer={"error": "no"}),
            "POST /token",
            "answers 400 $ 'message' is a required property",
        ),
        (
            asked("GET", "/api/tasks?limit=1", answer={"data": [{"gid": "7"}, {"gid": 8}]}),
            "GET /tasks",
            "answers 200 $.data[].gid int is not type string",
        ),
        (
            asked("GET", "/api/tasks/7", answer={**TASK, "state": "late"}),
            "GET /tasks/{id}",
            "answers 200 $.state late is not enum",
        ),
        (
            asked("GET", "/api/tasks/7", answer={**TASK, "due": "tomorrow"}),
            "GET /tasks/{id}",
            "answers 200 $.due str is not format date",
        ),
        (
            asked("GET", "/api/tasks/7", answer={**TASK, "mood": "good"}),
            "GET /tasks/{id}",
            "answers 200 $ has a name that is unknown: mood",
        ),
        (
            asked("GET", "/api/tasks/7", answer={"state": "open"}),
            "GET /tasks/{id}",
            "answers 200 $ 'gid' is a required property",
        ),
    ],
)
def test_whatever_departs_from_it_is_told(folder: Path, exchange: Any, at: str, says: str) -> None:
    found = compared(folder, exchange).differences
    assert {one.at for one in found} == {at}
    assert any(says in one.says for one in found)


def test_what_was_spoilt_on_purpose_is_left_out(folder: Path) -> None:
    refused = asked("GET", "/api/tasks", status=401)
    cut = asked("GET", "/api/tasks?limit=1", answer={"data": [{"gid": 8}]})
    cut[1].broken = True
    found = compared(folder, refused, cut)
    assert found.differences == {
        Difference("GET /tasks", "answers 401 ResponseNotFound: Unknown response http status: 401")
    }


def test_a_list_may_be_widened_to_the_whole_record(folder: Path) -> None:
    exchange = asked("GET", "/api/tasks?limit=1", answer={"data": [{"gid": "7", "state": "late"}]})
    [compact] = compared(folder, exchange).differences
    [whole] = compared(folder, exchange, widened={"Compact": "Task"}).differences
    assert compact.says == "answers 200 $.data[] has a name that is unknown: state"
    assert whole.says.startswith("answers 200 $.data[].state late is not enum")


def test_a_path_may_have_another_word(folder: Path) -> None:
    exchange = asked("GET", "/api/todos/7", answer=TASK)
    assert not compared(folder, exchange, paths={"/todos": "/tasks"}).differences


def test_a_known_difference_is_no_difference_and_one_that_is_not_met_is_told(folder: Path) -> None:
    known = [
        {"at": "GET /users", "says": "is not described", "why": "it is newer"},
        {"at": "GET /user", "says": "is not described", "why": "a whole path is meant"},
    ]
    found = compared(folder, asked("GET", "/api/users"), known=known)
    assert found.differences == set()
    assert [one.at for one in found.unused] == ["GET /user"]
    note = noting.note(folder, [asked("GET", "/api/users")])
    assert note is not None
    assert note.state == "differs"
    assert note.differences == ("GET /user differs no more: is not described",)
    part = noting.note(folder, [asked("GET", "/api/users")], whole=False)
    assert part is not None
    assert part.state == "agrees"


def test_without_the_vendors_file_it_is_skipped_aloud(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared(folder)
    monkeypatch.setenv("HUB_VENDOR_SPECS", str(folder / "nothing"))
    note = noting.note(folder, [])
    assert note is not None
    assert note.state == "skipped"
    assert "acme.yaml in HUB_VENDOR_SPECS; from acme.example" in note.reason
    (folder / "description.yaml").unlink()
    assert noting.note(folder, []) is None


@pytest.mark.parametrize("text", ["files: [a]", "[]", "{", "published: x\nfiles: [a]\nother: 1"])
def test_a_description_yaml_that_cannot_be_right_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "description.yaml").write_text(text)
    with pytest.raises(CorrectInput):
        published.read(tmp_path)
