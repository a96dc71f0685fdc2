"""What has changed, as server-sent events."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse

from ingot.model import Role
from ingot.server.identity import Viewer
from ingot.server.served import Here, Served

router = APIRouter(tags=["live"])

_RETRY_MS = 2000


@router.get("/live", response_class=StreamingResponse, responses={200: {"content": {"text/event-stream": {}}}})
async def live(here: Here, identity: Viewer, request: Request) -> StreamingResponse:
    """A stream of events: `hello` (how things are), `tables` (new versions), `update` (events of the running update).

    Viewers are told of tables only.
    """
    return StreamingResponse(
        _events(here, request, identity.role >= Role.OPERATOR),
        media_type="text/event-stream",
        headers={"X-Accel-Buffering": "no"},
    )


async def _events(here: Served, request: Request, is_operator: bool) -> AsyncIterator[str]:
    yield f"retry: {_RETRY_MS}\n\n"
    async for message in here.live.messages():
        if message is None:
            if here.access.identify(request) is None:  # the session has ended, the token is gone
                return
            yield ": still here\n\n"
            continue
        kind, facts = message
        if kind == "hello" and not is_operator:
            facts = {"versions": facts["versions"]}
        if kind != "update" or is_operator:
            yield f"event: {kind}\ndata: {json.dumps(facts, ensure_ascii=False)}\n\n"
