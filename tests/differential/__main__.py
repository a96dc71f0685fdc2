"""The command: `python -m differential --minutes 10 --seed 7`, from the folder of the tests.

Prints each difference as it is found, and the counts at the end; `--out` keeps the differences as JSON lines.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import tempfile
from pathlib import Path

from differential.campaign import Campaign, Difference, Report
from differential.cases import add_cases, as_case
from differential.ours import Ingot
from differential.recorded import FOLDER, Recorder
from differential.spark import Spark
from ingot.analysis import Settings


def main() -> None:
    """Run a campaign."""
    parser = argparse.ArgumentParser(prog="differential", description=__doc__)
    parser.add_argument("--minutes", type=float, default=2.0)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--legacy", action="store_true", help="spark.sql.ansi.enabled=false")
    parser.add_argument("--zone", default="UTC", help="spark.sql.session.timeZone")
    parser.add_argument("--out", type=Path, help="where differences are kept, a case a line")
    parser.add_argument("--rounds", type=int, help="how many rounds, however long they take")
    parser.add_argument("--record", help="a name: keep the questions with Spark's answers in recorded/NAME.jsonl")
    parser.add_argument("--add", type=Path, help="only record Spark's answers to the queries of a file, one a line")
    options = parser.parse_args()
    settings = Settings(ansi=not options.legacy, time_zone=options.zone)
    spark = Spark()
    if options.add is not None:
        spark.set(settings)
        add_cases(options.add.read_text(encoding="utf-8").splitlines(), spark.ask, settings)
        spark.close()
        return
    print(f"seed {options.seed}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        ours = Ingot(Path(folder))
        try:
            campaign = Campaign(spark, ours, options.seed, settings)
            campaign.on_difference = lambda found: _show(found, options.out)
            recorder = Recorder(settings)
            campaign.on_round, campaign.on_question = recorder.begin, recorder.add
            _summary(campaign.run(options.minutes * 60 if options.rounds is None else math.inf, options.rounds))
            if options.record:
                recorder.write(FOLDER / f"{options.record}.jsonl")
        finally:
            ours.close()
            spark.close()


def _show(found: Difference, out: Path | None) -> None:
    print(f"\n## {found.head}: {found.how}\n   {found.sql}")
    if found.spark.types != found.ours.types and found.ours.types:
        print(f"   types: {found.spark.types} ours {found.ours.types}")
    print(f"   spark: {found.spark.message or found.spark.rows!r:.300}")
    print(f"   ours:  {found.ours.message or found.ours.rows!r:.300}", flush=True)
    if out is not None and found.how != "other name":
        with out.open("a", encoding="utf-8") as file:
            file.write(json.dumps(as_case(found), ensure_ascii=False) + "\n")


def _summary(report: Report) -> None:
    print(
        f"\n{sum(report.counts.values())} asked: " + ", ".join(f"{n} {how}" for how, n in report.counts.most_common())
    )
    print(f"names: {dict(report.names)}")
    for head, counts in sorted(report.heads.items()):
        wrong = {how: n for how, n in counts.items() if how not in ("agrees", "refused")}
        if wrong:
            print(f"  {head}: {wrong} of {counts.total()}")
    print("refusals:")
    for message, count in report.refusals.most_common(40):
        print(f"  {count} {message}")


if __name__ == "__main__":
    main()
