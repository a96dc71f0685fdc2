-- Gold: who took part.

CREATE OR REFRESH MATERIALIZED VIEW gold.gender_participation
COMMENT 'Share of women and men by discipline, in percent'
AS SELECT discipline, female, male, total,
          round(100 * female / nullif(total, 0), 2) AS female_pct,
          round(100 * male / nullif(total, 0), 2) AS male_pct
FROM silver.entries_gender;

CREATE OR REFRESH MATERIALIZED VIEW gold.athletes_by_country
COMMENT 'Athletes and their disciplines by country'
AS SELECT country, count(*) AS athletes, count(DISTINCT discipline) AS disciplines
FROM silver.athletes
GROUP BY country;

CREATE OR REFRESH MATERIALIZED VIEW gold.busiest_disciplines
COMMENT 'Disciplines by number of athletes'
AS SELECT discipline, count(*) AS athletes, count(DISTINCT country) AS countries,
          rank() OVER (ORDER BY count(*) DESC) AS rank_by_athletes
FROM silver.athletes
GROUP BY discipline;
