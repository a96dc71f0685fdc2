"""Functions over dates, timestamps and their text."""

from __future__ import annotations

SCALARS = """
current_date, curdate () -> date
current_timestamp, now () -> timestamp
localtimestamp () -> timestamp_ntz
current_timezone () -> string
year (date) -> int
quarter (date) -> int
month (date) -> int
dayofmonth, day (date) -> int
dayofyear (date) -> int
dayofweek (date) -> int
weekday (date) -> int
weekofyear (date) -> int
yearofweek (date) -> int
dayname (date) -> string
monthname (date) -> string
hour (timestamp|timestamp_ntz) -> int
minute (timestamp|timestamp_ntz) -> int
second (timestamp|timestamp_ntz) -> int
date_add (date, int) -> @moved_date
date_sub (date, int) -> @moved_date
add_months (date, int) -> date
months_between (timestamp, timestamp, boolean?) -> double
last_day (date) -> date
next_day (date, string) -> date
make_date (int, int, int) -> date
make_timestamp (int, int, int, int, int, decimal(16,6), string?) -> timestamp
make_timestamp (date, time(6)?, string?) -> timestamp
try_make_timestamp (int, int, int, int, int, decimal(16,6), string?) -> timestamp
try_make_timestamp (date, time(6)?, string?) -> timestamp
make_timestamp_ltz (int, int, int, int, int, decimal(16,6), string?) -> timestamp
make_timestamp_ltz (date, time(6), string?) -> timestamp
try_make_timestamp_ltz (int, int, int, int, int, decimal(16,6), string?) -> timestamp
try_make_timestamp_ltz (date, time(6), string?) -> timestamp
make_timestamp_ntz (int, int, int, int, int, decimal(16,6)) -> timestamp_ntz
make_timestamp_ntz (date, time(6)) -> timestamp_ntz
try_make_timestamp_ntz (int, int, int, int, int, decimal(16,6)) -> timestamp_ntz
try_make_timestamp_ntz (date, time(6)) -> timestamp_ntz
date_trunc (string, timestamp) -> timestamp
trunc (date, string) -> date
date_format (timestamp|timestamp_ntz|time(6), string) -> string
to_date (string|date|timestamp|timestamp_ntz) -> date
to_date (string|date|timestamp|timestamp_ntz, string) -> date
try_to_date (string|date|timestamp|timestamp_ntz, string?) -> date
to_timestamp, to_timestamp_ltz (string|date|timestamp|timestamp_ntz|number) -> timestamp
to_timestamp, to_timestamp_ltz (string|date|timestamp|timestamp_ntz, string) -> timestamp
try_to_timestamp (string|date|timestamp|timestamp_ntz|number) -> timestamp
try_to_timestamp (string|date|timestamp|timestamp_ntz, string) -> timestamp
to_timestamp_ntz (string|date|timestamp|timestamp_ntz, string?) -> timestamp_ntz
unix_timestamp () -> bigint
unix_timestamp (string|date|timestamp|timestamp_ntz, string?) -> bigint
to_unix_timestamp (string|date|timestamp|timestamp_ntz, string?) -> bigint
from_unixtime (bigint, string?) -> string
unix_date (date) -> int
unix_seconds (timestamp|timestamp_ntz) -> bigint
unix_millis (timestamp|timestamp_ntz) -> bigint
unix_micros (timestamp|timestamp_ntz) -> bigint
date_from_unix_date (int) -> date
timestamp_seconds (numeric) -> timestamp
timestamp_millis (integral) -> timestamp
timestamp_micros (integral) -> timestamp
from_utc_timestamp (timestamp, string) -> timestamp
to_utc_timestamp (timestamp, string) -> timestamp
convert_timezone (string, timestamp_ntz) -> timestamp_ntz
convert_timezone (string, string, timestamp_ntz) -> timestamp_ntz
make_ym_interval (int?, int?) -> interval year to month
make_dt_interval (int?, int?, int?, decimal(18,6)?) -> interval day to second
make_interval (int?, int?, int?, int?, int?, int?, decimal(18,6)?) -> @calendar_interval
try_make_interval (int, int?, int?, int?, int?, int?, decimal(18,6)?) -> @calendar_interval
"""

VOLATILE = frozenset({"current_date", "current_time", "current_timestamp", "localtimestamp"})
