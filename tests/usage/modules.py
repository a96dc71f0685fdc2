# covers: local modules by sys.path, relative to the file, in src layouts; os, json, logging, datetime, typing, functools; open()
import json
import logging
import os
import sys
from datetime import datetime, timedelta
from functools import reduce
from pathlib import Path

import dlt

sys.path.append(os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "vendored")))
sys.path.append(f"{os.getcwd()}/../vendored")

from beside import LIMIT
from in_src.names import label
from vendored_module import keep

logger = logging.getLogger(__name__)
with open(os.path.join(os.path.dirname(__file__), "settings.json")) as opened:
    settings = json.load(opened)


@dlt.table(name=label("t"))
def t():
    logger.info("at %s", datetime.now() - timedelta(days=1))
    parts = [spark.read.table("raw.orders").limit(LIMIT), spark.read.table(settings["table"])]
    return keep(reduce(lambda a, b: a.unionByName(b), parts))
