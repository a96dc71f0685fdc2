"""The pages: shells of HTML that load scripts, which ask the API for everything else.

Owns addresses, signing in, and what a template is told. Holds no data of the project but its name.
"""

from __future__ import annotations

from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader
from starlette.background import BackgroundTask

from ingot.errors import IngotError
from ingot.model import Role
from ingot.server.faults import status_of
from ingot.server.identity import SESSION_S, Identity, address_of, check_role
from ingot.server.served import Served

router = APIRouter(include_in_schema=False)

_PLAIN = "!~*'()"  # what scripts leave as it is in an address, so that what a page loads ahead is what they ask for
_ONCE_MORE = '<!doctype html><meta http-equiv="refresh" content="0"><title>…</title>'


@router.get("/")
async def home(request: Request) -> Response:
    """The list of dashboards."""
    return _page(request, "dashboards.html", Role.VIEWER)


@router.get("/dashboards/{name}")
@router.get("/dashboards/{name}/{page}")
async def dashboard(request: Request, name: str, page: str = "") -> Response:
    """One page of a dashboard; the rest of its state stands in the query."""
    modules = request.app.state.served.static.paths("js/", "js/charts/", "js/dashboard/")
    address = quote(name, safe=_PLAIN)
    return _page(request, "dashboard.html", Role.VIEWER, name=name, address=address, page=page, modules=modules)


@router.get("/console")
@router.get("/console/{path:path}")
async def console(request: Request, path: str = "") -> Response:
    """The console; its script reads the rest of the address."""
    served: Served = request.app.state.served
    modules = served.static.paths("js/", "js/console/")
    answer = _page(request, "console.html", Role.OPERATOR, path=path, modules=modules)
    if answer.status_code == 200:
        answer.background = BackgroundTask(served.opened.sandbox.warm_up)  # somebody will soon ask for rows
    return answer


@router.get("/login")
async def login(request: Request) -> Response:
    """The form that takes a token."""
    return _render(request, "login.html", None, 200, next=_inner(request.query_params.get("next", "/")), error=None)


@router.post("/login")
async def begin_session(request: Request) -> Response:
    """Begin a session with the token of the form, and go on to the page that was asked for."""
    served: Served = request.app.state.served
    form = parse_qs((await request.body()).decode("utf-8", "replace"), max_num_fields=4)
    wanted = _inner(form.get("next", ["/"])[0])
    try:
        key = served.access.begin(form.get("token", [""])[0], address_of(request))
    except IngotError as error:
        return _render(request, "login.html", None, status_of(error), next=wanted, error=error)
    answer = RedirectResponse(wanted, 303)
    answer.set_cookie(
        served.access.cookie, key, max_age=SESSION_S, path="/", httponly=True, samesite="strict",
        secure=request.url.scheme == "https",
    )  # fmt: skip
    return answer


@router.post("/logout")
async def end_session(request: Request) -> Response:
    """End the session."""
    served: Served = request.app.state.served
    served.access.end(request)
    answer = RedirectResponse("/login", 303)
    answer.delete_cookie(served.access.cookie, path="/", httponly=True, samesite="strict")
    return answer


@router.get("/static/{path:path}")
async def static_file(request: Request, path: str) -> Response:
    """A script, a style, a picture; nobody needs to be signed in."""
    return request.app.state.served.static.response(request, path)


@router.get("/favicon.ico")
async def icon(request: Request) -> Response:
    """The icon that browsers ask for on their own."""
    return RedirectResponse(request.app.state.served.static.url("icon.svg"), 301)


def _page(request: Request, template: str, role: Role, **facts: Any) -> Response:
    served: Served = request.app.state.served
    identity = served.access.identify(request)
    if identity is None:
        if request.headers.get("sec-fetch-site") == "cross-site":
            # A link in a mail: the browser keeps the session's cookie back until this site itself asks.
            return HTMLResponse(_ONCE_MORE)
        path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"/login?next={quote(path, safe='')}", 303)
    try:
        check_role(identity, role)
    except IngotError as error:
        return _error_page(request, identity, error)
    return _render(request, template, identity, 200, **facts)


def error_page(request: Request, error: IngotError) -> Response | None:
    """What a browser shows of an address that is no page; None for whoever is no browser, or not signed in."""
    served: Served = request.app.state.served
    identity = served.access.identify(request)
    is_browser = "text/html" in request.headers.get("accept", "")
    return _error_page(request, identity, error) if identity is not None and is_browser else None


def _error_page(request: Request, identity: Identity, error: IngotError) -> Response:
    status = status_of(error)
    title = HTTPStatus(status).phrase.capitalize()
    return _render(request, "error.html", identity, status, title=title, message=error.message, hint=error.hint)


def _render(request: Request, template: str, identity: Identity | None, status: int, **facts: Any) -> Response:
    """A template gets: `project` (its name), `user` and `role` of who is signed in, `can_sign_out`, and its own facts.

    Addresses of files (`"/static/…"`) get the fingerprint of the build.
    """
    served: Served = request.app.state.served
    text = (
        _templates()
        .get_template(template)
        .render(
            project=served.opened.project.name if identity is not None else "",
            user=identity.name if identity is not None else "",
            role=identity.role.label if identity is not None else "",
            can_sign_out=identity is not None and not served.access.is_open,
            **facts,
        )
    )
    return HTMLResponse(text.replace('"/static/', f'"{served.static.url("")}'), status)


@cache
def _templates() -> Environment:
    folder = Path(__file__).with_name("templates")
    return Environment(loader=FileSystemLoader(folder), autoescape=True, auto_reload=True)


def _inner(path: str) -> str:
    """A path of this server, whatever somebody wrote into the address."""
    is_inner = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if is_inner else "/"
