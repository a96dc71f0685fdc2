CREATE MATERIALIZED VIEW days
AS SELECT day, year(day) AS year, month(day) AS month, dayofmonth(day) AS dom, dayofweek(day) AS dow, weekday(day) AS weekday,
  dayofyear(day) AS doy, weekofyear(day) AS week, quarter(day) AS quarter, last_day(day) AS month_end, next_day(day, 'MON') AS monday,
  trunc(day, 'YEAR') AS year_start, date_trunc('week', day) AS week_start, add_months(day, -1) AS month_ago, date_add(day, 30) AS later,
  date_format(day, 'EEEE, d MMMM yyyy') AS long_name, date_format(day, 'D yy Q') AS short_name, unix_date(day) AS number,
  make_date(year(day), 2, 1) AS february, day = last_day(day) AS is_last, extract(YEAROFWEEK FROM day) AS iso_year, datediff(day, DATE'2024-01-01') AS since
FROM (SELECT explode(sequence(DATE'2023-12-30', DATE'2024-03-03', INTERVAL 1 DAY)) AS day);

CREATE MATERIALIZED VIEW instants
AS SELECT at, date_trunc('HOUR', at) AS hour, unix_timestamp(at) AS seconds, unix_millis(at) AS millis, to_date(at) AS day,
  from_utc_timestamp(at, 'America/New_York') AS new_york, to_utc_timestamp(at, 'Europe/Berlin') AS berlin,
  date_format(at, "yyyy-MM-dd'T'HH:mm:ss.SSS") AS iso, minute(at) + second(at) / 60 AS minutes, at + INTERVAL '1 02:03:04' DAY TO SECOND AS shifted,
  timestampadd(MONTH, 1, at) AS next_month, timestampdiff(DAY, TIMESTAMP'2024-01-01', at) AS days, CAST(at AS STRING) AS text, CAST(at AS DATE) AS cast_day,
  CAST(at AS TIMESTAMP_NTZ) AS ntz, hour(at) BETWEEN 9 AND 17 AS at_work, from_unixtime(unix_timestamp(at), 'HH:mm') AS clock, dateadd(HOUR, 25, at) AS tomorrow
FROM VALUES (TIMESTAMP'2024-03-10 06:59:59'), (TIMESTAMP'2024-03-10 07:00:00'), (TIMESTAMP'2024-10-27 00:30:00.123456'), (TIMESTAMP'1969-12-31 23:59:59'),
  (TIMESTAMP'2024-02-29 12:34:56.789'), (CAST(NULL AS TIMESTAMP)) AS t(at);

CREATE MATERIALIZED VIEW parsed
AS SELECT text, try_to_timestamp(text, 'yyyy-MM-dd HH:mm:ss') AS plain, try_to_timestamp(text, 'dd/MM/yyyy') AS slashed, try_cast(text AS DATE) AS day, try_cast(text AS TIMESTAMP) AS instant
FROM VALUES ('2024-01-31 10:20:30'), ('31/01/2024'), ('2024-1-5'), ('2024-02-30'), ('2024'), ('2024-01-31T10:20:30+02:00'), ('x'), (NULL) AS t(text);

CREATE MATERIALIZED VIEW holidays
AS SELECT d.day, h.name, count(*) OVER (ORDER BY d.day ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS n
FROM days d JOIN (VALUES (DATE'2024-01-01', 'New Year'), (DATE'2024-02-29', 'Leap')) AS h(day, name) ON d.day = h.day;
