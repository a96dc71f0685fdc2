"""What has changed, as server-sent events."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse

from ingot.model import Role
from ingot.server.identity import Viewer
from ingot.server.live import Message
from ingot.server.served import Here, Served

router = APIRouter(tags=["live"])

_RETRY_MS = 2000
_HEARTBEAT_S = 15.0


@router.get("/live", response_class=StreamingResponse, responses={200: {"content": {"text/event-stream": {}}}})
async def live(here: Here, identity: Viewer, request: Request) -> StreamingResponse:
    """A stream of events: `hello` (how things are), `tables` (new versions), `update` (events of the running update).

    Viewers are told of tables only.
    """
    return StreamingResponse(
        _events(here, request), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"}
    )


async def _events(here: Served, request: Request) -> AsyncIterator[str]:
    """The stream; it ends within a second once its session has ended, or its token is gone from ingot.yml."""
    yield f"retry: {_RETRY_MS}\n\n"
    told_at = time.monotonic()
    async for message in here.live.messages():
        identity = here.access.identify(request)
        if identity is None:
            return
        text = _event(message, identity.role >= Role.OPERATOR)
        if text is None and time.monotonic() - told_at >= _HEARTBEAT_S:
            text = ": still here\n\n"
        if text is not None:
            told_at = time.monotonic()
            yield text


def _event(message: Message | None, is_operator: bool) -> str | None:
    """A message as whoever listens may have it; None for nothing."""
    if message is None:
        return None
    kind, facts = message
    if kind == "update" and not is_operator:
        return None
    if kind == "hello" and not is_operator:
        facts = {"versions": facts["versions"]}
    return f"event: {kind}\ndata: {json.dumps(facts, ensure_ascii=False)}\n\n"
