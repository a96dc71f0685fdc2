CREATE STREAMING TABLE readings
AS SELECT device, ts, value, meta.fw AS firmware, meta.ok AS ok
FROM STREAM read_files('data/readings', format => 'json', schema => 'device STRING, ts TIMESTAMP, value DOUBLE, meta STRUCT<fw: STRING, ok: BOOLEAN>');

CREATE MATERIALIZED VIEW clean (CONSTRAINT plausible EXPECT (value BETWEEN -50 AND 150) ON VIOLATION DROP ROW)
AS SELECT *, lag(value) OVER (PARTITION BY device ORDER BY ts) AS previous,
  lead(ts) OVER (PARTITION BY device ORDER BY ts) AS next_ts
FROM readings;

CREATE MATERIALIZED VIEW by_six_hours
AS SELECT device, window.start AS begins, window.end AS ends, count(value) AS n, round(avg(value), 6) AS mean,
  min(value) AS low, max_by(ts, value) AS peak_at, count_if(NOT ok) AS faults, max(firmware) AS firmware
FROM clean
GROUP BY device, window(ts, '6 hours');

CREATE MATERIALIZED VIEW sliding
AS SELECT w.start, w.end, count(*) AS n FROM (SELECT window(ts, '12 hours', '6 hours') AS w, device FROM clean) GROUP BY w.start, w.end;

CREATE MATERIALIZED VIEW statistics
AS SELECT device, round(stddev(value), 9) AS deviation, percentile(value, 0.5) AS median, percentile_approx(value, 0.9) AS p90,
  round(variance(value), 9) AS variance, round(skewness(value), 9) AS skew, approx_count_distinct(firmware) AS firmwares,
  array_sort(collect_set(firmware)) AS versions, bool_and(ok) AS all_ok, sum(value) IS NULL AS empty
FROM clean GROUP BY device;

CREATE MATERIALIZED VIEW gaps
AS SELECT device, ts, unix_timestamp(next_ts) - unix_timestamp(ts) AS seconds, timestampdiff(MINUTE, ts, next_ts) AS minutes,
  extract(HOUR FROM ts) AS hour, date_format(ts, 'EEE HH:mm') AS shown
FROM clean WHERE next_ts > ts + INTERVAL 2 HOURS;

CREATE MATERIALIZED VIEW moving
AS SELECT device, ts, value,
  round(avg(value) OVER (PARTITION BY device ORDER BY ts ROWS BETWEEN 2 PRECEDING AND CURRENT ROW), 6) AS mean3,
  count(*) OVER (PARTITION BY device ORDER BY ts RANGE BETWEEN INTERVAL '4' HOUR PRECEDING AND CURRENT ROW) AS in_4h,
  ntile(3) OVER (PARTITION BY device ORDER BY value, ts) AS third,
  round(percent_rank() OVER (PARTITION BY device ORDER BY value), 9) AS place,
  last_value(previous, true) OVER (PARTITION BY device ORDER BY ts) AS last_known
FROM clean;
