"""Silver: athletes, coaches and teams, cleaned as they arrive; each once, however often a file names it."""

from pyspark import pipelines as dp
from pyspark.sql import functions as F

# table: {column here: column in bronze}; together the columns are the key of a row
COLUMNS = {
    "athletes": {"name": "PersonName", "country": "Country", "discipline": "Discipline"},
    "coaches": {"name": "Name", "country": "Country", "discipline": "Discipline", "event": "Event"},
    "teams": {"name": "TeamName", "country": "Country", "discipline": "Discipline", "event": "Event"},
}
RULES = {"has_name": "name IS NOT NULL", "has_country": "country IS NOT NULL"}


def clean(column):
    """Trim, make one blank of several, and null of nothing."""
    return F.nullif(F.trim(F.regexp_replace(F.col(column), r"\s+", " ")), F.lit(""))


def define(table, columns):
    @dp.table(name=f"silver.{table}", comment=f"{table.capitalize()}, cleaned and without duplicates")
    @dp.expect_all_or_drop(RULES)
    @dp.expect("has_discipline", "discipline IS NOT NULL")
    def rows():
        cleaned = [clean(source).alias(name) for name, source in columns.items()]
        return (
            spark.readStream.table(f"bronze.{table}")
            .select(*cleaned, "_source_file", "_ingested_at")
            .dropDuplicates(list(columns))
        )


for table, columns in COLUMNS.items():
    define(table, columns)
