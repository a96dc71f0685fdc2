import dlt
from pyspark.sql import functions as F


@dlt.table
def people_raw():
    return (
        spark.read.format("csv")
        .option("header", "true")
        .option("multiLine", "true")
        .option("escape", '"')
        .option("nullValue", "NULL")
        .schema("name STRING, email STRING, phone STRING, born STRING, height STRING, active STRING, notes STRING")
        .load("data/people.csv")
    )


@dlt.table
def people():
    df = dlt.read("people_raw")
    name = F.regexp_replace(F.trim("name"), r"\s+", " ")
    return df.select(
        name.alias("name"),
        F.initcap(F.lower(name)).alias("title"),
        F.upper(F.substring(name, 1, 1)).alias("initial"),
        F.length("name").alias("length"),
        F.octet_length("name").alias("bytes"),
        F.reverse("name").alias("reversed"),
        F.lower(F.split("email", ";").getItem(0)).alias("email"),
        F.size(F.split("email", "[;@]")).alias("email_parts"),
        F.regexp_extract("email", r"@([\w.]+)$", 1).alias("domain"),
        F.regexp_replace("phone", r"[^0-9+]", "").alias("phone"),
        F.translate("phone", "+-()/ ", "0").alias("translated"),
        F.regexp_extract_all("notes", F.lit(r"#(\w+)"), F.lit(1)).alias("tags"),
        F.expr("try_cast(regexp_extract(height, '[0-9.]+', 0) AS DOUBLE)").alias("height"),
        F.lower("active").isin("yes", "true", "1").alias("active"),
        F.coalesce(
            F.try_to_timestamp("born", F.lit("yyyy-MM-dd")).cast("date"),
            F.try_to_timestamp("born", F.lit("MM/dd/yyyy")).cast("date"),
            F.try_to_timestamp("born", F.lit("dd.MM.yyyy")).cast("date"),
        ).alias("born"),
        F.soundex("name").alias("sound") if False else F.instr("name", "e").alias("e_at"),
        F.lpad(F.left("phone", F.lit(4)), 6, "*").alias("masked"),
        F.ascii("name").alias("first_code"),
        F.sha2(F.coalesce("email", F.lit("")), 256).alias("sha"),
        F.base64(F.encode("name", "UTF-8")).alias("encoded"),
        F.levenshtein("name", F.lit("Muller")).alias("distance"),
        F.concat_ws("/", F.split("notes", r"\s+")).alias("words"),
    )
