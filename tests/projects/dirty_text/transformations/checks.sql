CREATE MATERIALIZED VIEW quality
AS SELECT count(*) AS n, count(name) AS names, count_if(email RLIKE '^[^@]+@[^@]+\\.[a-z]+$') AS valid_emails,
  count(born) AS births, min(born) AS oldest, sum(int(active)) AS active, count_if(name IS NULL OR name = '') AS unnamed,
  listagg(initial, '') WITHIN GROUP (ORDER BY initial) AS initials
FROM people;

CREATE MATERIALIZED VIEW domains
AS SELECT domain, count(*) AS n FROM people WHERE domain <> '' GROUP BY 1 ORDER BY 2 DESC, 1;

CREATE MATERIALIZED VIEW letters
AS SELECT name, letter, count(*) AS n FROM people LATERAL VIEW explode(regexp_extract_all(lower(coalesce(name, '')), '(.)', 1)) AS letter
WHERE letter BETWEEN 'a' AND 'z' GROUP BY name, letter HAVING count(*) > 1;

CREATE MATERIALIZED VIEW texts
AS SELECT name, name LIKE '%\\_%' AS underscore, name ILIKE 'z%' AS z, substring_index(name, ' ', 2) AS two, split_part(name, ' ', -1) AS last,
  overlay(name PLACING '_' FROM 2 FOR 1) AS overlaid, repeat('ab', 2) AS repeated, position('e' IN name) AS at, rpad(name, 3, '.') AS padded,
  char_length(words) AS n, replace(words, '/', ' ') AS spaced, right(words, 3) AS tail, concat(name, NULL) AS nothing, bit_length(name) AS bits
FROM people;
