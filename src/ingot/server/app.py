"""The application: puts the guards, the API and the pages together. No logic of its own.

A module of the API owns one resource. It has an `APIRouter` named `router`, whose paths are those below `/api/v1`; each
endpoint demands a role, takes what it works with as `here: Here`, and raises an `IngotError` for whatever is wrong:

    router = APIRouter(tags=["tables"])

    @router.get("/tables", dependencies=[needs(Role.OPERATOR)])
    def tables(here: Here) -> dict[str, Any]:
        '''The tables of the lake.'''
        return ...

Endpoints that read files or ask the engine are plain functions: they run in threads. `here.opened` is the project as
its settings say now: take it once for each request. What is costly to make and lasts is made by
`here.opened.once("answers", lambda: Answers(...))`. The router is then named in `_ROUTERS`, and the shapes
of its answers in `document/openapi.py`.
"""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.middleware.gzip import GZipMiddleware

from ingot.model import Role
from ingot.server import pages
from ingot.server.faults import ErrorAnswer, add_handlers
from ingot.server.identity import Demand
from ingot.server.security import Guard, Hosts
from ingot.server.served import Served

_ROUTERS = ("project", "live", "dashboards", "graph", "updates", "tables", "sources", "query", "saved")
_PREFIX = "/api/v1"
_THREADS = 64
_NO_TELEMETRY: Any = dict.fromkeys(("tracing", "metrics", "logs", "operation_spans", "auto_configure"), False)


def make_app(served: Served, host: str = "127.0.0.1") -> FastAPI:
    """The application for one project.

    Args:
        served: What it serves.
        host: The address that it listens on.
    """
    app = FastAPI(
        title="Ingot",
        version="1",
        description="Everything that the dashboards and the console show.",
        openapi_url=None,  # it is an endpoint like the others: see api/project.py
        docs_url=None,  # these load scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,
        telemetry=_NO_TELEMETRY,
        responses={422: {"model": ErrorAnswer}, "default": {"model": ErrorAnswer}},
        lifespan=_lifespan,
    )
    app.state.served = served
    for router in _routers():
        app.include_router(router, prefix=_PREFIX)
    app.include_router(pages.router)
    add_handlers(app, pages.error_page)
    app.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=5)
    app.add_middleware(Guard, hosts=Hosts(host, lambda: served.opened.project.serve.hosts))
    list(roles())
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    from anyio.to_thread import current_default_thread_limiter

    current_default_thread_limiter().total_tokens = _THREADS
    served: Served = app.state.served
    try:
        yield
    finally:
        await asyncio.to_thread(served.close)


def roles() -> Iterator[tuple[str, str, Role]]:
    """Method, path and role of every endpoint of the API.

    No endpoint is open to everybody because somebody forgot to say whose it is: then there is no application at all.
    """
    for router in _routers():
        for route in router.routes:
            assert isinstance(route, APIRoute), f"{route} is no endpoint"
            demands = [d.call.role for d in route.dependant.dependencies if isinstance(d.call, Demand)]
            assert demands, f"{route.path} demands no role"
            for method in sorted(route.methods or ()):
                yield method, _PREFIX + route.path, max(demands)


def _routers() -> list[APIRouter]:
    return [importlib.import_module(f"ingot.server.api.{name}").router for name in _ROUTERS]
