"""The API's description, made from the shapes that validate it: OpenAPI 3.1, and the tables of the docs page."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from workers.web.formats import MEDIA_TYPES
from workers.web.health import Health
from workers.web.problems import MEDIA_TYPE, ProblemBody
from workers.web.shapes import ActionIn, ActionOut, BallotOut, SignatoriesOut, SignatureIn, TallyOut

_SHAPES: dict[str, type[Struct]] = {
    shape.__name__: shape
    for shape in (ActionIn, ActionOut, BallotOut, TallyOut, SignatoriesOut, SignatureIn, Health, ProblemBody)
}


class Reply(NamedTuple):
    """One answer of an operation; ``shape`` is "" for an empty or other body."""

    status: int
    says: str = ""
    shape: str = ""


class Operation(NamedTuple):
    """One endpoint; ``security`` says in words what it needs."""

    method: str
    path: str
    says: str
    answers: tuple[Reply, ...]
    takes: str = ""
    security: str = ""
    parameters: tuple[tuple[str, str, str], ...] = ()  # (in, name, what it is); a "?" after the name: may be left out

    @property
    def id(self) -> str:
        """A name for links."""
        words = [word.strip("{}").replace(".", "-") for word in self.path.split("/") if word]
        return "-".join([self.method.lower(), *words])


_PROBLEM = "ProblemBody"
_BUSY = Reply(503, "the ledger is away: nothing was done, see Retry-After", _PROBLEM)
_OFTEN = Reply(429, "too often from one connection, for one address or in one campaign: see Retry-After", _PROBLEM)
_NO_CAMPAIGN = Reply(404, "no such campaign", _PROBLEM)

OPERATIONS = (
    Operation(
        "POST",
        "/api/campaigns/{campaign}/actions",
        "A supporter writes to their candidates. The answer comes once it is on disk; the same person asking again "
        "gets the same answer and makes no second letter. Without a key the action is kept aside: its state is "
        "unconfirmed and its letters are held until the supporter says yes by a link in a mail. That answer is the "
        "same whoever the address belongs to.",
        (
            Reply(202, "taken or kept aside, with the state of every letter", "ActionOut"),
            Reply(400, "not JSON, not UTF-8, or a wrong Idempotency-Key", _PROBLEM),
            Reply(401, "another Authorization than Bearer", _PROBLEM),
            Reply(403, "an unknown key", _PROBLEM),
            _NO_CAMPAIGN,
            Reply(409, "the campaign is not open yet, or closed", _PROBLEM),
            Reply(413, "the body is too large", _PROBLEM),
            Reply(415, "the body is not application/json", _PROBLEM),
            Reply(422, "fields are not right, each named, or an Idempotency-Key came with another body", _PROBLEM),
            _OFTEN,
            _BUSY,
        ),
        takes="ActionIn",
        security="none; or a trusted caller's key, whose word is enough: Authorization: Bearer KEY",
        parameters=(
            ("header", "Idempotency-Key", "1 to 255 visible ASCII characters, remembered for a day; with a key"),
        ),
    ),
    Operation(
        "GET",
        "/api/campaigns/{campaign}/candidates",
        "Whom a postcode can write to.",
        (
            Reply(200, "", "BallotOut"),
            Reply(404, "no such campaign, or a postcode that is not known", _PROBLEM),
            Reply(422, "not a British postcode", _PROBLEM),
            _OFTEN,
            _BUSY,
        ),
        parameters=(("query", "postcode", "however typed"),),
    ),
    Operation(
        "GET",
        "/api/campaigns/{campaign}/tally",
        "The count, at most a second old; with an ETag.",
        (Reply(200, "", "TallyOut"), Reply(304, "as it was"), _NO_CAMPAIGN, _BUSY),
    ),
    Operation(
        "GET",
        "/api/campaigns/{campaign}/tally/stream",
        "The count as server-sent events named tally: one at once, one at every change.",
        (Reply(200, "text/event-stream; the data of each event is a TallyOut"), _NO_CAMPAIGN, _BUSY),
    ),
    Operation(
        "GET",
        "/api/campaigns/{campaign}/signatories",
        "Who signed: JSON, CSV or Atom, as the Accept header likes; the same address ending in .json, .csv or .atom is "
        "that format. At most a second old; with an ETag and a Last-Modified.",
        (
            Reply(200, "those asked for, by constituency and name unless order says otherwise", "SignatoriesOut"),
            Reply(304, "as it was"),
            _NO_CAMPAIGN,
            Reply(406, "the Accept header takes none of the formats", _PROBLEM),
            Reply(422, "an order, limit or format that is not offered", _PROBLEM),
            _BUSY,
        ),
        parameters=(
            ("query", "format?", f"in place of the Accept header: {', '.join(MEDIA_TYPES)}"),
            ("query", "q?", "words that name, party, constituency and region are searched for"),
            ("query", "party?", "only this party"),
            ("query", "region?", "only this region"),
            ("query", "order?", "constituency (the default), name, party, region or newest"),
            ("query", "limit?", "at most so many"),
        ),
    ),
    Operation(
        "POST",
        "/callbacks/signatures/{campaign}",
        "A candidate signed the charter, or withdrew: a webhook after the Standard Webhooks specification.",
        (
            Reply(204, "on disk"),
            Reply(400, "not JSON", _PROBLEM),
            Reply(403, "the signature is not right, or its time is more than five minutes off", _PROBLEM),
            _NO_CAMPAIGN,
            Reply(413, "the body is too large", _PROBLEM),
            Reply(422, "an unknown type or candidate", _PROBLEM),
            _BUSY,
        ),
        takes="SignatureIn",
        security="the headers webhook-id, webhook-timestamp and webhook-signature",
    ),
    Operation(
        "POST",
        "/callbacks/sendgrid/events",
        "What SendGrid reports of deliveries: its Signed Event Webhook, verified on the raw bytes.",
        (
            Reply(204, "on disk"),
            Reply(400, "not a JSON array", _PROBLEM),
            Reply(403, "the signature is not right", _PROBLEM),
            Reply(413, "more than 5 MB", _PROBLEM),
            _BUSY,
        ),
        security="SendGrid's signature headers",
    ),
    Operation("GET", "/livez", "Whether the process lives.", (Reply(200, "", "Health"),)),
    Operation(
        "GET",
        "/readyz",
        "Whether the ledger answers and keeps what it is given; what is paused.",
        (Reply(200, "", "Health"), Reply(503, "not ready", "Health")),
    ),
    Operation("GET", "/healthz", "The same as /readyz.", (Reply(200, "", "Health"), Reply(503, "not ready", "Health"))),
)


class Field(NamedTuple):
    """One field of a shape, for people."""

    name: str
    type: str
    needed: bool
    says: str


class Shape(NamedTuple):
    """One shape, for people."""

    name: str
    says: str
    fields: list[Field]


async def get(_request: Request) -> Response:
    """``/openapi.json``."""
    headers = {"cache-control": "max-age=60", "access-control-allow-origin": "*"}
    return Response(_encoded(), 200, headers, "application/json")


@cache
def document() -> dict[str, Any]:
    """The whole description."""
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Mobilise", "version": "1", "description": "Letters to candidates, and the count of them."},
        "paths": paths,
        "components": {"schemas": _components(), "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}}},
    }


def shapes() -> list[Shape]:
    """Every shape, those inside others as well."""
    return [
        Shape(name, schema.get("description", "").replace("``", ""), list(_fields(schema)))
        for name, schema in _components().items()
        if schema.get("type") == "object"
    ]


def example(public_url: str) -> str:
    """A first call to try."""
    return (
        f"curl {public_url}/api/campaigns/CAMPAIGN/actions \\\n"
        "  -H 'Authorization: Bearer KEY' -H 'Content-Type: application/json' \\\n"
        '  -d \'{"supporter": {"name": "Sam Sample", "email": "sam@supporters.example", "postcode": "SW1A 1AA"}}\''
    )


@cache
def _encoded() -> bytes:
    return msgspec.json.encode(document())


@cache
def _components() -> dict[str, Any]:
    return msgspec.json.schema_components(_SHAPES.values(), ref_template="#/components/schemas/{name}")[1]


def _operation(operation: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.id,
        "summary": operation.says,
        "parameters": list(_parameters(operation)),
        "responses": {str(reply.status): _reply(reply) for reply in operation.answers},
    }
    if operation.takes:
        described["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": _ref(operation.takes)}},
        }
    if "Bearer" in operation.security:
        described["security"] = [{"key": []}, {}]
    return described


def _parameters(operation: Operation) -> Iterator[dict[str, Any]]:
    if "{campaign}" in operation.path:
        yield {"in": "path", "name": "campaign", "required": True, "schema": {"type": "string"}}
    for place, named, says in operation.parameters:
        name, needed = named.removesuffix("?"), place == "query" and not named.endswith("?")
        yield {"in": place, "name": name, "required": needed, "description": says, "schema": {"type": "string"}}


def _reply(reply: Reply) -> dict[str, Any]:
    described: dict[str, Any] = {"description": reply.says or "as asked"}
    if reply.shape:
        media_type = MEDIA_TYPE if reply.shape == _PROBLEM else "application/json"
        described["content"] = {media_type: {"schema": _ref(reply.shape)}}
    if reply.shape == "SignatoriesOut":
        described["content"] |= {MEDIA_TYPES[name]: {"schema": {"type": "string"}} for name in ("csv", "atom")}
    return described


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _fields(schema: dict[str, Any]) -> Iterator[Field]:
    for name, field in schema.get("properties", {}).items():
        yield Field(name, _type(field), name in schema.get("required", ()), _says(field))


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return " or ".join(_type(one) for one in schema["anyOf"] if one.get("type") != "null")
    if "additionalProperties" in schema:
        return f"an object of {_type(schema['additionalProperties'])} by name"
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    return str(schema.get("type", "anything"))


def _says(schema: dict[str, Any]) -> str:
    return str(schema.get("description") or next((_says(one) for one in schema.get("anyOf", ()) if _says(one)), ""))
