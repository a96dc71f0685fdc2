CREATE STREAMING TABLE staff_raw
AS SELECT * EXCEPT (_rescued_data) FROM STREAM read_files('data/staff.csv', format => 'csv', header => true);

CREATE STREAMING TABLE absences
AS SELECT emp_id, day, hours FROM STREAM read_files('data/absences.csv', format => 'csv', header => true);

CREATE TEMPORARY VIEW changes
AS SELECT *, lag(struct(dept, boss, salary)) OVER (PARTITION BY emp_id ORDER BY valid_from) AS before FROM staff_raw;

CREATE MATERIALIZED VIEW staff_history
AS SELECT emp_id, name, dept, boss, salary, valid_from,
  date_sub(lead(valid_from) OVER (PARTITION BY emp_id ORDER BY valid_from), 1) AS valid_to,
  row_number() OVER (PARTITION BY emp_id ORDER BY valid_from) AS version
FROM changes
WHERE before IS NULL OR NOT (before <=> struct(dept, boss, salary));

CREATE MATERIALIZED VIEW staff_now
AS SELECT h.* EXCEPT (valid_to, version), b.name AS boss_name, coalesce(h.dept, b.dept, 'none') AS known_dept
FROM staff_history h LEFT JOIN staff_history b ON h.boss = b.emp_id AND b.valid_to IS NULL
WHERE h.valid_to IS NULL;

CREATE MATERIALIZED VIEW absence_cost
AS SELECT a.emp_id, a.day, a.hours, h.version, h.salary,
  round(a.hours * h.salary / 160, 2) AS cost, dayname(a.day) AS weekday, weekofyear(a.day) AS week
FROM absences a LEFT JOIN staff_history h
  ON a.emp_id = h.emp_id AND a.day >= h.valid_from AND (h.valid_to IS NULL OR a.day <= h.valid_to);

CREATE MATERIALIZED VIEW unknown_staff
AS SELECT a.emp_id FROM absences a LEFT ANTI JOIN staff_raw s ON a.emp_id = s.emp_id
UNION SELECT emp_id FROM absences WHERE emp_id NOT IN (SELECT emp_id FROM staff_raw)
EXCEPT SELECT 99;

CREATE MATERIALIZED VIEW raises
AS SELECT h.emp_id, h.version, h.salary - p.salary AS raise, round((h.salary - p.salary) / p.salary * 100, 2) AS percent,
  datediff(h.valid_from, p.valid_from) AS days, months_between(h.valid_from, p.valid_from) AS months
FROM staff_history h JOIN staff_history p ON p.emp_id = h.emp_id AND p.version = h.version - 1;

CREATE MATERIALIZED VIEW dept_stats
AS SELECT dept, count(*) AS heads, sum(salary) AS payroll, max(salary) - min(salary) AS spread,
  max_by(name, salary) AS best_paid, any_value(boss IS NULL) IS NOT NULL AS known,
  dense_rank() OVER (ORDER BY sum(salary) DESC NULLS LAST) AS place
FROM staff_now GROUP BY dept HAVING count(*) > 0;
