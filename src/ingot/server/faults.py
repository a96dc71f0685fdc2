"""Answers that are no success: one shape for all of them, `{"error": {"code", "message", "location", "hint"}}`.

Owns which HTTP status an error has. What is unexpected is logged with its traceback, and told to nobody else.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from ingot.errors import IngotError, LakeError
from ingot.model import Project
from ingot.server.places import facts_of

_LOG = logging.getLogger("ingot.server")

_STATUS = {
    "not-signed-in": 401,
    "wrong-token": 401,
    "forbidden": 403,
    "foreign-origin": 403,
    "foreign-host": 403,
    "not-found": 404,
    "unknown-dashboard": 404,
    "unknown-file": 404,
    "unknown-page": 404,
    "unknown-query": 404,
    "unknown-slicer": 404,
    "unknown-source": 404,
    "unknown-table": 404,
    "unknown-update": 404,
    "unknown-version": 404,
    "unknown-visual": 404,
    "method-not-allowed": 405,
    "not-acceptable": 406,
    "lake-busy": 409,
    "no-update": 409,
    "request-too-large": 413,
    "invalid-request": 422,
    "unknown-dataset": 422,
    "too-many-attempts": 429,
    "client-gone": 499,
    "internal-error": 500,
    "server-busy": 503,
    "server-ends": 503,
    "query-crashed": 500,
    "query-timeout": 504,
}


class ErrorFacts(BaseModel):
    """What is wrong, where, and what to do about it."""

    code: str
    message: str
    location: str | None
    hint: str | None


class ErrorAnswer(BaseModel):
    """Every answer that is no success."""

    error: ErrorFacts


class RequestError(IngotError):
    """A request that the server does not answer as it stands."""

    code = "invalid-request"

    def __init__(self, message: str, *, retry_after_s: int | None = None, **facts: Any):
        super().__init__(message, **facts)
        self.retry_after_s = retry_after_s


def status_of(error: IngotError) -> int:
    """The HTTP status of an error."""
    return _STATUS.get(error.code, 500 if isinstance(error, LakeError) else 400)


def error_response(error: IngotError, project: Project | None = None) -> JSONResponse:
    """The answer for an error."""
    headers: dict[str, str] = {}
    if isinstance(error, RequestError) and error.retry_after_s is not None:
        headers["Retry-After"] = str(error.retry_after_s)
    if error.code == "not-signed-in":
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse({"error": facts_of(error, project)}, status_of(error), headers)


def add_handlers(app: FastAPI, page: Callable[[Request, IngotError], Response | None]) -> None:
    """Let the application answer every failure in the one shape.

    Args:
        app: The application.
        page: What a browser is shown instead at an address that is no page; None for whoever is no browser.
    """

    async def known(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, IngotError)
        if error.code == "internal-error":
            return unexpected_response(request.method, request.url.path, error)
        return error_response(error, request.app.state.served.opened.project)

    async def invalid(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        return error_response(_invalid(error))

    async def by_status(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        shown = _of_status(error)
        is_page = shown.code == "not-found" and not request.url.path.startswith("/api/")
        found = page(request, shown) if is_page else None
        return found or JSONResponse({"error": facts_of(shown)}, error.status_code, dict(error.headers or {}))

    app.add_exception_handler(IngotError, known)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, by_status)


def unexpected_response(method: str, path: str, error: Exception) -> JSONResponse:
    """The answer to a request that met a bug of ours, which is logged."""
    _LOG.error("%s %s failed", method, path, exc_info=error)
    hint = "its log has the details; please report them"
    return error_response(IngotError("the server met a bug", hint=hint, code="internal-error"))


def _invalid(error: RequestValidationError) -> RequestError:
    """The first thing that is wrong with a request, and where it stands in it."""
    first: Mapping[str, Any] = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"] if part != "body")
    message = str(first["msg"]).removeprefix("Value error, ")
    return RequestError(
        f"{place}: {message}" if place else message, hint="GET /api/v1/openapi.json tells what it takes"
    )


def _of_status(error: HTTPException) -> RequestError:
    """What the framework itself has to say."""
    match error.status_code:
        case 404:
            return RequestError("there is nothing at this address", code="not-found")
        case 405:
            return RequestError("this address does not take that method", code="method-not-allowed")
    return RequestError(str(error.detail))
