CREATE OR REFRESH STREAMING TABLE payments_raw
AS SELECT id, paid_at, amount FROM STREAM read_files('data/payments', format => 'csv', header => true, schema => 'id INT, paid_at TIMESTAMP, amount DECIMAL(8,2)');

CREATE OR REFRESH STREAMING TABLE payments (CONSTRAINT has_amount EXPECT (amount IS NOT NULL) ON VIOLATION DROP ROW)
AS SELECT DISTINCT id, paid_at, amount FROM STREAM payments_raw;

CREATE OR REFRESH STREAMING TABLE refunds
AS SELECT id, amount, reason FROM STREAM read_files('data/refunds', format => 'json', schema => 'id INT, amount DECIMAL(8,2), reason STRING');

CREATE STREAMING TABLE movements;
CREATE FLOW paid AS INSERT INTO movements BY NAME SELECT id, amount, to_date(paid_at) AS day, 'payment' AS kind FROM STREAM payments;
CREATE FLOW refunded AS INSERT INTO movements BY NAME SELECT id, -amount AS amount, CAST(NULL AS DATE) AS day, coalesce(reason, 'unknown') AS kind FROM STREAM refunds;

CREATE OR REFRESH STREAMING TABLE priced
AS SELECT p.id, p.amount, l.factor, p.amount * l.factor AS priced FROM STREAM payments p JOIN levels l ON p.amount BETWEEN l.low AND l.high;

CREATE OR REFRESH MATERIALIZED VIEW levels AS SELECT * FROM VALUES (0, 10, 1.5BD), (11, 1000, 0.75BD) AS t(low, high, factor);

CREATE OR REFRESH MATERIALIZED VIEW daily
AS SELECT coalesce(day, DATE'1970-01-01') AS day, count(*) AS n, sum(amount) AS total FROM movements GROUP BY 1;

CREATE OR REFRESH MATERIALIZED VIEW balances
AS SELECT p.id, first(p.amount) AS paid, coalesce(sum(r.amount), 0) AS refunded, p.paid_at
FROM payments p LEFT JOIN refunds r ON p.id = r.id GROUP BY p.id, p.paid_at;
