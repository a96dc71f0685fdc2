"""A session in Paris: gaps and overlaps of summer time.

One query a line, without SELECT; `cases_zones.json` holds Spark's answers.
"""

from __future__ import annotations

TIME_ZONE = "Europe/Paris"
ROWS = "SELECT 1 AS id"

QUERIES = r"""
CAST(timestamp'2024-03-31 02:30:00' AS STRING)
timestamp'2024-10-27 02:30:00'
timestamp'2024-10-27 03:00:00'
CAST('2024-03-31 03:00:00' AS TIMESTAMP)
hour(timestamp'2024-07-01 10:00:00+00:00')
date_trunc('DAY', timestamp'2024-07-01 23:30:00+00:00')
CAST(timestamp'2024-07-01 23:30:00+00:00' AS DATE)
timestamp'2024-03-30 02:30:00' + INTERVAL '1' DAY
timestamp'2024-03-30 02:30:00' + INTERVAL '24' HOUR
timestamp'2024-03-30 02:30:00' + INTERVAL '23' HOUR
timestamp'2024-02-29 02:30:00' + INTERVAL '1' MONTH
timestamp'2024-10-26 02:30:00' + INTERVAL '1' DAY
timestamp'2024-10-27 02:30:00' + INTERVAL '1' HOUR
timestamp'2024-11-27 02:30:00' - INTERVAL '1' MONTH
timestamp'2024-09-27 02:30:00' + INTERVAL '1' MONTH
timestamp'2024-10-28 02:30:00' - INTERVAL '1 00:00:01' DAY TO SECOND
timestamp'2024-03-31 00:00:00' - timestamp'2024-04-01 00:00:00'
timestamp'2024-04-01' - date'2024-03-31'
unix_timestamp(timestamp'2024-04-01') - unix_timestamp(timestamp'2024-03-31')
unix_timestamp('2024-07-01 00:00:00')
unix_timestamp('2024-07-01', 'yyyy-MM-dd')
from_unixtime(0)
from_unixtime(1719792000, 'yyyy-MM-dd HH:mm z XXX VV O')
date_format(timestamp'2024-07-01 10:00:00+00:00', 'yyyy-MM-dd HH:mm:ss')
to_timestamp('2024-07-01 10:00', 'yyyy-MM-dd HH:mm')
to_timestamp('2024-07-01 10:00 +05:00', 'yyyy-MM-dd HH:mm XXX')
to_date(timestamp'2024-07-01 23:30:00+00:00')
date_add(timestamp'2024-07-01 23:30:00+00:00', 1)
year(timestamp'2024-12-31 23:30:00+00:00')
last_day(timestamp'2024-06-30 23:30:00+00:00')
from_utc_timestamp(timestamp'2024-07-01 10:00:00', 'America/New_York')
to_utc_timestamp(timestamp'2024-07-01 10:00:00', 'America/New_York')
convert_timezone('America/New_York', timestamp_ntz'2024-07-01 10:00:00')
convert_timezone('UTC', 'Asia/Tokyo', timestamp'2024-07-01 10:00:00')
make_timestamp(2024,3,31,2,30,0)
make_timestamp(2024,10,27,2,30,0)
make_timestamp(2024,7,1,0,0,0,'UTC')
make_timestamp_ntz(2024,3,31,2,30,0)
CAST(timestamp_ntz'2024-03-31 02:30:00' AS TIMESTAMP)
CAST(timestamp'2024-07-01 10:00:00' AS TIMESTAMP_NTZ)
CAST(date'2024-07-01' AS TIMESTAMP)
CAST(date'2024-07-01' AS TIMESTAMP) = timestamp'2024-06-30 22:00:00+00:00'
timestampadd(DAY, 1, timestamp'2024-03-30 02:30:00')
timestampadd(HOUR, 24, timestamp'2024-03-30 02:30:00')
timestampadd(HOUR, 1, timestamp'2024-03-31 01:30:00')
timestampadd(MONTH, 1, timestamp'2024-02-29 02:30:00')
timestampdiff(HOUR, timestamp'2024-03-31 00:00:00', timestamp'2024-04-01 00:00:00')
timestampdiff(DAY, timestamp'2024-03-31 00:00:00', timestamp'2024-04-01 00:00:00')
timestampdiff(MONTH, timestamp'2024-03-31 00:00:00', timestamp'2024-04-30 23:00:00')
months_between(timestamp'2024-03-31 12:00:00', timestamp'2024-02-28 00:00:00')
datediff(timestamp'2024-04-01 00:30:00', timestamp'2024-03-31 23:30:00')
date_trunc('HOUR', timestamp'2024-10-27 00:45:00+00:00')
date_trunc('HOUR', timestamp'2024-10-27 01:45:00+00:00')
date_trunc('MONTH', timestamp'2024-07-15 00:00:00')
date_trunc('MINUTE', timestamp'1800-01-01 00:09:30')
date_trunc('WEEK', timestamp'2024-03-31 12:00:00')
date_trunc('YEAR', timestamp'2024-12-31 23:30:00+00:00')
CAST('2024-07-01 10:00:00' AS TIMESTAMP)
CAST('2024-07-01T10:00:00Z' AS TIMESTAMP)
CAST('2024-07-01 10:00:00 America/New_York' AS TIMESTAMP)
CAST('2024-7-1 1:2:3' AS TIMESTAMP)
CAST('2024-07-01 10:00:00+02:00' AS TIMESTAMP)
CAST('2024-07' AS TIMESTAMP)
CAST(timestamp'2024-07-01 10:00:00' AS BIGINT)
CAST(0 AS TIMESTAMP)
timestamp_seconds(0)
unix_micros(timestamp'1970-01-01')
unix_date(date'1970-01-02')
unix_seconds(timestamp'2024-07-01')
current_timezone()
timestamp'1800-01-01 00:00:00'
timestamp'9999-12-31 23:59:59.999999'
CAST(timestamp'1800-01-01 00:00:00' AS BIGINT)
timestamp'1911-03-10 23:59:00'
window(timestamp'2024-03-31 03:10:00', '1 day')
window(timestamp'2024-03-31 03:10:00', '1 hour')
extract(HOUR FROM timestamp'2024-07-01 10:00:00+00:00')
extract(DOW FROM timestamp'2024-06-30 23:00:00+00:00')
weekday(timestamp'2024-06-30 23:00:00+00:00')
timestamp'2024-07-01 10:00:00' = timestamp_ntz'2024-07-01 10:00:00'
timestamp'2024-07-01 00:00:00' = date'2024-07-01'
timestamp'2024-07-01 10:00:00' > '2024-07-01 09:59:59'
CAST(array(timestamp'2024-07-01 10:00:00') AS STRING)
concat('x', timestamp'2024-07-01 10:00:00')
sequence(timestamp'2024-03-30', timestamp'2024-04-01', INTERVAL '1' DAY)
sequence(date'2024-03-30', date'2024-04-01', INTERVAL '1' DAY)
make_timestamp(date'2024-03-31', TIME'02:30:00')
date'2024-03-31' + INTERVAL '150' MINUTE
timestamp'2024-03-31 10:00:00' - make_interval(0,0,0,1,2)
timestamp'2024-03-30 02:30:00' + make_interval(0,0,0,1)
to_timestamp_ntz('2024-03-31 02:30:00')
to_timestamp_ntz('2024-03-31 02:30:00 +05:00')
CAST('2024-03-31 02:30:00Z' AS TIMESTAMP_NTZ)
localtimestamp() IS NULL
try_to_timestamp('2024-07-01 10:00:00')
try_to_timestamp('2024-03-31 02:30', 'yyyy-MM-dd HH:mm')
to_unix_timestamp('2024-03-31 02:30:00')
to_json(struct(timestamp'2024-07-01 10:00:00' AS a))
to_date('2024-07-01 23:59:59 America/New_York')
CAST('2024-07-01T23:59:59Z' AS DATE)
to_date('20240701', 'yyyyMMdd')
timestampadd(HOUR, 26, d), timestampadd(HOUR, -26, d), timestampadd(MINUTE, 1560, d), timestampadd(SECOND, 93600, d), timestampadd(MILLISECOND, 93600000, d) FROM VALUES (timestamp'2024-03-30 12:00:00'), (timestamp'2024-04-01 00:30:00'), (timestamp'2024-10-26 12:00:00'), (timestamp'2024-10-27 12:00:00'), (NULL) AS v(d)
timestampadd(DAY, 2, d), timestampadd(DAYOFYEAR, 2, d), timestampadd(WEEK, -1, d), timestampadd(MICROSECOND, 93600000000L, d) FROM VALUES (timestamp'2024-03-30 12:00:00'), (timestamp'2024-10-26 12:00:00'), (NULL) AS v(d)
dateadd(HOUR, 26, d), dateadd(MINUTE, 2880, d), dateadd(DAY, 2, d) FROM VALUES (date'2024-03-30'), (date'2024-10-26'), (date'1880-01-01') AS v(d)
"""


def cases() -> list[str]:
    """The queries whose answers are recorded."""
    return [f"SELECT {line}" for line in QUERIES.strip().splitlines()]
