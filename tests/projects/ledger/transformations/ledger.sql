CREATE STREAMING TABLE postings (CONSTRAINT dated EXPECT (booked IS NOT NULL) ON VIOLATION DROP ROW)
AS SELECT CAST(id AS INT) AS id, CAST(account AS INT) AS account, to_date(booked, 'dd.MM.yyyy') AS booked,
  CAST(replace(replace(amount, '.', ''), ',', '.') AS DECIMAL(20, 3)) AS amount, currency, text
FROM STREAM read_files('data/postings.csv', format => 'csv', header => true, sep => ';', inferColumnTypes => false);

CREATE MATERIALIZED VIEW rates
AS SELECT currency, rate FROM read_files('data/rates.csv', format => 'csv', header => true, schema => 'currency STRING, rate DECIMAL(12, 6)');

CREATE MATERIALIZED VIEW in_euro
AS SELECT p.id, p.account, p.booked, p.amount, r.rate,
  p.amount * r.rate AS euro,
  round(p.amount * r.rate, 2) AS euro_cents,
  bround(p.amount, 2) AS bankers,
  CAST(p.amount AS DECIMAL(20, 0)) AS whole,
  p.amount / r.rate AS divided,
  p.amount % 7 AS rest,
  abs(p.amount) AS size, sign(p.amount) AS direction, ceil(p.amount) AS up, floor(p.amount) AS down,
  p.amount + 1 AS plus_int, p.amount * 2.50 AS times_literal, p.amount + CAST(1 AS DOUBLE) AS plus_double
FROM postings p JOIN rates r USING (currency);

CREATE MATERIALIZED VIEW balances
AS SELECT account, booked, id, amount,
  sum(amount) OVER (PARTITION BY account ORDER BY booked, id) AS balance,
  sum(sum(amount)) OVER (PARTITION BY account) AS total
FROM postings GROUP BY account, booked, id, amount;

CREATE MATERIALIZED VIEW trial_balance
AS SELECT account, currency, sum(amount) AS total, avg(amount) AS mean, min(amount) AS low, max(amount) AS high,
  sum(CASE WHEN amount < 0 THEN -amount ELSE 0 END) AS credit, sum(if(amount >= 0, amount, 0)) AS debit,
  count(text) AS texts, GROUPING_ID(account, currency) AS level
FROM postings GROUP BY GROUPING SETS ((account, currency), (account), ());

CREATE MATERIALIZED VIEW months
AS SELECT trunc(booked, 'MM') AS month, last_day(booked) AS month_end, add_months(booked, 1) AS due, quarter(booked) AS quarter,
  format_number(sum(amount), 2) AS shown, CAST(sum(amount) AS STRING) AS text, CAST(max(amount) AS DOUBLE) AS double,
  CAST(sum(amount) AS BIGINT) AS whole
FROM postings GROUP BY booked;
