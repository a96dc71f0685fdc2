-- Silver: medals and entries with their numbers. They change while the games go on, so the newest row of each
-- country and each discipline counts.

CREATE OR REFRESH MATERIALIZED VIEW silver.medals (
  CONSTRAINT has_country EXPECT (country IS NOT NULL) ON VIOLATION DROP ROW,
  CONSTRAINT has_counts EXPECT (gold >= 0 AND silver >= 0 AND bronze >= 0) ON VIOLATION FAIL UPDATE,
  CONSTRAINT total_adds_up EXPECT (gold + silver + bronze = total)
)
COMMENT 'Medals by country'
TBLPROPERTIES ('ingot.unique_key' = 'country', 'ingot.min_rows' = '1')
AS WITH cleaned AS (
  SELECT nullif(trim(regexp_replace(TeamCountry, '\\s+', ' ')), '') AS country,
         try_cast(trim(Gold) AS INT) AS gold,
         try_cast(trim(Silver) AS INT) AS silver,
         try_cast(trim(Bronze) AS INT) AS bronze,
         try_cast(trim(Total) AS INT) AS total,
         try_cast(trim(Rank) AS INT) AS rank,
         try_cast(trim(RankByTotal) AS INT) AS rank_by_total,
         _source_file, _source_modified, _ingested_at
  FROM bronze.medals
),
numbered AS (
  SELECT *, row_number() OVER (PARTITION BY country ORDER BY _source_modified DESC, _source_file DESC) AS age
  FROM cleaned
)
SELECT country, gold, silver, bronze, total, rank, rank_by_total, _source_file, _ingested_at
FROM numbered
WHERE age = 1;

CREATE OR REFRESH MATERIALIZED VIEW silver.entries_gender (
  CONSTRAINT has_discipline EXPECT (discipline IS NOT NULL) ON VIOLATION DROP ROW,
  CONSTRAINT total_adds_up EXPECT (female + male = total)
)
COMMENT 'Entries by discipline and gender'
TBLPROPERTIES ('ingot.unique_key' = 'discipline', 'ingot.min_rows' = '1')
AS WITH cleaned AS (
  SELECT nullif(trim(regexp_replace(Discipline, '\\s+', ' ')), '') AS discipline,
         coalesce(try_cast(trim(Female) AS INT), 0) AS female,
         coalesce(try_cast(trim(Male) AS INT), 0) AS male,
         coalesce(try_cast(trim(Total) AS INT), 0) AS total,
         _source_file, _source_modified, _ingested_at
  FROM bronze.entries_gender
),
numbered AS (
  SELECT *, row_number() OVER (PARTITION BY discipline ORDER BY _source_modified DESC, _source_file DESC) AS age
  FROM cleaned
)
SELECT discipline, female, male, total, _source_file, _ingested_at
FROM numbered
WHERE age = 1;
