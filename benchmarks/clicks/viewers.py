"""Many viewers of one dashboard at once: each opens the page, then clicks, and thinks in between. A process of its own.

usage: viewers.py URL VIEWERS SECONDS THINK_S different|new|same

`different`: each clicks marks of its own choosing, as readers do: one mark, sometimes a second one in another visual,
sometimes none; what another viewer saw before is kept by the server. `new`: each click chooses what nobody has chosen
before. `same`: all click the same marks at the same moments. Prints the milliseconds of each click.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time

import httpx
from shop import MARKS, STORES, VISUALS


class Viewers:
    """Viewers of one server, and how long each of their clicks took."""

    def __init__(self, client: httpx.AsyncClient, seconds: float, think_s: float):
        self.client = client
        self.ends = time.perf_counter() + seconds
        self.think_s = think_s
        self.took_ms: list[float] = []
        self._unseen = [(store, month) for store in range(1, STORES + 1) for month in range(1, 13)]
        random.Random(5).shuffle(self._unseen)

    async def different(self, number: int) -> None:
        """One viewer's visit."""
        chance = random.Random(number)
        await asyncio.sleep(chance.uniform(0, self.think_s))
        await self._ask({})
        while await self._think(chance):
            fields = chance.sample(list(MARKS), chance.choices((0, 1, 2), (2, 6, 2))[0])
            await self._ask({field: [chance.choice(MARKS[field][1])] for field in fields})

    async def new(self, number: int) -> None:
        """One viewer who asks what nobody has asked."""
        chance = random.Random(number)
        await asyncio.sleep(chance.uniform(0, self.think_s))
        while await self._think(chance):
            store, month = self._unseen.pop()
            await self._ask({"store": [f"Store {store:03}", f"Store {(store + month) % STORES + 1:03}"]})

    async def same(self, number: int) -> None:
        """One of those who click at once what all click."""
        del number
        marks = [{field: [value]} for field, (_, values) in MARKS.items() for value in values]
        random.Random(7).shuffle(marks)
        started = time.perf_counter()
        for click, chosen in enumerate(marks):
            at = started + click * self.think_s
            if at > self.ends:
                return
            await asyncio.sleep(max(0.0, at - time.perf_counter()))
            await self._ask(chosen)

    async def _think(self, chance: random.Random) -> bool:
        await asyncio.sleep(chance.uniform(0.5, 1.5) * self.think_s)
        return time.perf_counter() < self.ends

    async def _ask(self, chosen: dict[str, list[str]]) -> None:
        """What the page sends for a selection: a visual is not filtered by its own mark."""
        own = {MARKS[field][0]: [field] for field in chosen if field in MARKS}
        body = {
            "visuals": list(VISUALS),
            "filters": [{"field": field, "op": "in", "values": values} for field, values in chosen.items()],
            "except": own,
        }
        started = time.perf_counter()
        answer = await self.client.post("/api/v1/dashboards/sales/data", json=body)
        self.took_ms.append((time.perf_counter() - started) * 1000)
        answer.raise_for_status()
        faults = [shown["error"] for shown in answer.json()["visuals"].values() if "error" in shown]
        if faults:
            raise SystemExit(f"a visual failed: {faults[0]}")


async def visit(url: str, viewers: int, seconds: float, think_s: float, manner: str) -> list[float]:
    limits = httpx.Limits(max_connections=viewers, max_keepalive_connections=viewers)
    async with httpx.AsyncClient(base_url=url, timeout=120, limits=limits) as client:
        everybody = Viewers(client, seconds, think_s)
        await asyncio.gather(*(getattr(everybody, manner)(number) for number in range(viewers)))
    return everybody.took_ms


if __name__ == "__main__":
    url, viewers, seconds, think_s, manner = sys.argv[1:]
    print(json.dumps(asyncio.run(visit(url, int(viewers), float(seconds), float(think_s), manner))))
