"""The interface's own description, held against its routes, its rules and its real answers."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import validate

from portal.search_request import PARAMETERS
from tests import world
from tests.checking_client import CheckingClient
from tests.conftest import Portal

Browse = Callable[[], CheckingClient]
PERSON = {"name": "端木清越", "id_number": world.id_number(55)}


@pytest.fixture
def client(portal: Portal, browse: Browse) -> CheckingClient:
    portal.ingest([world.penalty(1), world.penalty(2, CF_SY="当事人无证经营烟花爆竹")])
    portal.ingest([world.penalty(3, CF_ZT="异议")], "objection.csv")
    portal.ingest([world.permit(1, XK_YXQZI="2026-06-30")], "permits.csv")
    portal.ingest([world.listing(1)], "black.csv")
    portal.ingest([world.assignment(1, 曾用名称="澄州蓝穗小吃店")], "codes.csv")
    debtor = world.debtor(1, iname=PERSON["name"], cardNum=PERSON["id_number"])
    portal.ingest_path(world.write_jsonl(portal.folder / "d.jsonl", [debtor]))
    portal.publish()
    return browse()


@pytest.fixture
def document(client: CheckingClient) -> dict[str, Any]:
    body: dict[str, Any] = client.json("/api/v1/openapi.json")
    return body


def holds(document: dict[str, Any], schema: dict[str, Any], body: Any) -> None:
    whole = {"components": document["components"], **schema}
    Draft202012Validator(whole, format_checker=FormatChecker()).validate(body)


def answer_of(document: dict[str, Any], path: str, status: int, method: str = "get") -> Any:
    described = document["paths"][f"/api/v1{path}"][method]["responses"][str(status)]["content"]
    (content,) = described.values()
    return content["schema"]


def test_it_is_an_openapi_document(document: dict[str, Any]) -> None:
    validate(document)
    assert document["openapi"] == "3.1.0"


def test_it_has_every_route_and_no_other(client: CheckingClient, document: dict[str, Any]) -> None:
    routes = set()
    for rule in client.app.url_map.iter_rules():
        if rule.rule.startswith("/api/v1"):
            path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
            methods = (rule.methods or set()) - {"HEAD", "OPTIONS"}
            routes |= {(path, method.lower()) for method in methods}
    described = {
        (path, method) for path, methods in document["paths"].items() for method in methods
    }
    assert described == routes


def test_it_has_every_parameter_of_a_search(document: dict[str, Any]) -> None:
    parameters = document["paths"]["/api/v1/search"]["get"]["parameters"]
    assert tuple(parameter["name"] for parameter in parameters) == PARAMETERS


SEARCHES = [
    "q=蓝穗", f"q={world.uscc(1)}", "q=澄市监罚[2026]1号", "q=烟花爆竹", "q=澄州蓝穗小吃店",
    "q=端木清越", "type=record&page_size=2", "q=没有这家公司", "list=market-regulation", "",
]  # fmt: skip


def test_real_answers_are_as_described(client: CheckingClient, document: dict[str, Any]) -> None:
    seen = set()
    for query in SEARCHES:
        body = client.json(f"/api/v1/search?{query}")
        holds(document, answer_of(document, "/search", 200), body)
        for found in body["results"]:
            seen.add((found["type"], found["kind"]))
            path = "entities" if found["type"] == "entity" else "records"
            one = client.json(f"/api/v1/{path}/{found['id']}")
            holds(document, answer_of(document, f"/{path}/{{public_id}}", 200), one)
    assert {("entity", "organization"), ("record", "person")} <= seen
    plain = {
        "/organizations/{uscc}": f"/organizations/{world.uscc(1)}",
        "/catalog": "/catalog",
        "/status": "/status",
    }
    for path, address in plain.items():
        holds(document, answer_of(document, path, 200), client.json(f"/api/v1{address}"))
    checked = client.get("/api/v1/persons/check", method="POST", json=PERSON)
    assert checked.get_json()["records"]
    holds(document, answer_of(document, "/persons/check", 200, "post"), checked.get_json())


@pytest.mark.parametrize(
    ("path", "address", "status"),
    [
        ("/search", "/search?class=fines", 400),
        ("/search", "/search?q=" + "a" * 201, 413),
        ("/search", "/search?q=蓝穗&page=9", 404),
        ("/records/{public_id}", "/records/none", 404),
        ("/entities/{public_id}", "/entities/none", 404),
        ("/organizations/{uscc}", "/organizations/91", 404),
        ("/organizations/{uscc}", f"/organizations/{world.uscc(99)}", 404),
    ],
)
def test_problems_are_as_described(
    client: CheckingClient, document: dict[str, Any], path: str, address: str, status: int
) -> None:
    holds(document, answer_of(document, path, status), client.json(f"/api/v1{address}", status))


def test_an_answer_that_is_not_described_would_be_noticed(document: dict[str, Any]) -> None:
    validator = Draft202012Validator(
        {"components": document["components"], **answer_of(document, "/status", 200)}
    )
    assert not validator.is_valid({"snapshot": "x", "more": 1})


def test_an_organisation_by_its_code_in_any_spelling(client: CheckingClient) -> None:
    code = world.uscc(1)
    body = client.json(f"/api/v1/organizations/{code}")
    assert body["uscc"] == code
    assert body == client.json(f"/api/v1/entities/{body['id']}")
    assert body == client.json(f"/api/v1/organizations/{code.lower()}")
    assert client.json(f"/api/v1/organizations/{code[8:17]}", 404)["status"] == 404


def test_the_dictionary_as_json(client: CheckingClient) -> None:
    body = client.json("/api/v1/catalog")
    assert [c["code"] for c in body["classes"]][:2] == ["permit", "penalty"]
    fields = {field["name"]: field for field in body["classes"][1]["fields"]}
    assert fields["representative_id"]["disclosure"] == "never"
    assert {measure["force"] for measure in body["measures"]} == {"mandatory", "recommended"}
    assert "association-warning" not in {entry["code"] for entry in body["lists"]}


def test_the_key_of_an_institution_is_described(
    client: CheckingClient, document: dict[str, Any]
) -> None:
    assert {} in document["security"]  # nobody needs one
    scheme = document["components"]["securitySchemes"]["institution"]
    wrong = client.get("/api/v1/status", headers={scheme["name"]: "nobody's"})
    assert wrong.status_code == 401
    described = document["paths"]["/api/v1/status"]["get"]["responses"]["401"]
    assert set(described["headers"]) <= set(wrong.headers.keys())
    holds(document, answer_of(document, "/status", 401), wrong.get_json(force=True))


def test_a_refusal_is_as_described(portal: Portal, document: dict[str, Any]) -> None:
    app = portal.app(ratelimit_enabled=True, ratelimit_api="1/hour")
    client = CheckingClient(app)
    refused = [client.get("/api/v1/status") for _ in range(2)][1]
    assert refused.status_code == 429
    described = document["paths"]["/api/v1/status"]["get"]["responses"]["429"]
    assert set(described["headers"]) <= set(refused.headers.keys())
    holds(document, answer_of(document, "/status", 429), refused.get_json(force=True))
    app.extensions["portal.live"].close()
