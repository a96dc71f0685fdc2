CREATE STREAMING TABLE issues_raw
AS SELECT * FROM STREAM read_files('data/issues', format => 'json', multiLine => true,
  schema => 'id BIGINT, title STRING, user STRUCT<login: STRING, id: BIGINT, site_admin: BOOLEAN>, labels ARRAY<STRUCT<name: STRING, color: STRING>>, created_at TIMESTAMP, closed_at TIMESTAMP, comments INT, body STRING, reactions STRUCT<`+1`: INT, heart: INT>');

CREATE STREAMING TABLE issues
AS SELECT id, trim(title) AS title, user.login AS login, coalesce(user.site_admin, false) AS is_admin,
  transform(labels, l -> upper(l.name)) AS label_names,
  exists(labels, l -> l.name = 'bug') AS is_bug,
  size(filter(labels, l -> l.color IS NOT NULL)) AS colored,
  array_join(transform(coalesce(labels, array()), (l, i) -> concat(i, ':', l.name)), ', ') AS numbered,
  reactions.`+1` + reactions.heart AS score,
  map_from_arrays(transform(labels, l -> l.name), transform(labels, l -> length(l.color))) AS color_lengths,
  get_json_object(body, '$.os') AS os, from_json(body, 'os STRING, mem INT, tags ARRAY<STRING>') AS parsed,
  closed_at IS NULL AS is_open, struct(comments, created_at AS at) AS facts
FROM STREAM issues_raw;

CREATE MATERIALIZED VIEW labels
AS SELECT i.id, l.name, l.color, row_number() OVER (PARTITION BY i.id ORDER BY l.name) AS n
FROM issues_raw i LATERAL VIEW explode(i.labels) AS l;

CREATE MATERIALIZED VIEW labels_outer
AS SELECT id, label.name AS label FROM (SELECT id, explode_outer(labels) AS label FROM issues_raw);

CREATE MATERIALIZED VIEW parsed
AS SELECT id, parsed.os AS os, parsed.mem AS mem, parsed.tags[0] AS first_tag, size(parsed.tags) AS tags,
  element_at(color_lengths, 'bug') AS bug_color, map_keys(color_lengths) AS keys, facts.at AS at, to_json(facts) AS json
FROM issues;

CREATE MATERIALIZED VIEW by_login
AS SELECT login, count(*) AS issues, sum(facts.comments) AS comments, array_sort(collect_list(id)) AS ids,
  array_distinct(flatten(collect_list(coalesce(label_names, array())))) AS labels,
  aggregate(array_sort(collect_list(id)), 0L, (a, x) -> a + x) AS id_sum,
  array_max(collect_list(score)) AS best
FROM issues GROUP BY login;

CREATE MATERIALIZED VIEW daily
AS SELECT d.day, count(i.id) AS open
FROM (SELECT explode(sequence(DATE'2024-04-01', DATE'2024-04-06')) AS day) d
LEFT JOIN issues_raw i ON to_date(i.created_at) <= d.day AND (i.closed_at IS NULL OR to_date(i.closed_at) > d.day)
GROUP BY d.day;
