"""The catalog `samples` that every Databricks workspace has: small stand-ins for its tables, with made-up rows.

Owns their names and columns. The rows lie beside this module's package, in `ingot/samples`; how they were made is in
`tests/making_samples.py`. A project that maps a name of `samples` under `tables` gets its own rows.
"""

from __future__ import annotations

from ingot.files import SAMPLES
from ingot.model import FileRead, TableRead
from ingot.types import parse_schema

_CATALOG = "samples"
COLUMNS = {
    "nyctaxi.trips": (
        "tpep_pickup_datetime TIMESTAMP, tpep_dropoff_datetime TIMESTAMP, trip_distance DOUBLE, fare_amount DOUBLE, "
        "pickup_zip INT, dropoff_zip INT"
    ),
    "tpch.region": "r_regionkey BIGINT, r_name STRING, r_comment STRING",
    "tpch.nation": "n_nationkey BIGINT, n_name STRING, n_regionkey BIGINT, n_comment STRING",
    "tpch.customer": (
        "c_custkey BIGINT, c_name STRING, c_address STRING, c_nationkey BIGINT, c_phone STRING, "
        "c_acctbal DECIMAL(18,2), c_mktsegment STRING, c_comment STRING"
    ),
    "tpch.supplier": (
        "s_suppkey BIGINT, s_name STRING, s_address STRING, s_nationkey BIGINT, s_phone STRING, "
        "s_acctbal DECIMAL(18,2), s_comment STRING"
    ),
    "tpch.part": (
        "p_partkey BIGINT, p_name STRING, p_mfgr STRING, p_brand STRING, p_type STRING, p_size INT, "
        "p_container STRING, p_retailprice DECIMAL(18,2), p_comment STRING"
    ),
    "tpch.partsupp": (
        "ps_partkey BIGINT, ps_suppkey BIGINT, ps_availqty INT, ps_supplycost DECIMAL(18,2), ps_comment STRING"
    ),
    "tpch.orders": (
        "o_orderkey BIGINT, o_custkey BIGINT, o_orderstatus STRING, o_totalprice DECIMAL(18,2), o_orderdate DATE, "
        "o_orderpriority STRING, o_clerk STRING, o_shippriority INT, o_comment STRING"
    ),
    "tpch.lineitem": (
        "l_orderkey BIGINT, l_partkey BIGINT, l_suppkey BIGINT, l_linenumber INT, l_quantity DECIMAL(18,2), "
        "l_extendedprice DECIMAL(18,2), l_discount DECIMAL(18,2), l_tax DECIMAL(18,2), l_returnflag STRING, "
        "l_linestatus STRING, l_shipdate DATE, l_commitdate DATE, l_receiptdate DATE, l_shipinstruct STRING, "
        "l_shipmode STRING, l_comment STRING"
    ),
    "bakehouse.sales_customers": (
        "customerID BIGINT, first_name STRING, last_name STRING, email_address STRING, phone_number STRING, "
        "address STRING, city STRING, state STRING, country STRING, continent STRING, postal_zip_code BIGINT, "
        "gender STRING"
    ),
    "bakehouse.sales_franchises": (
        "franchiseID BIGINT, name STRING, city STRING, district STRING, zipcode STRING, country STRING, size STRING, "
        "longitude DOUBLE, latitude DOUBLE, supplierID BIGINT"
    ),
    "bakehouse.sales_suppliers": (
        "supplierID BIGINT, name STRING, ingredient STRING, continent STRING, city STRING, district STRING, "
        "size STRING, longitude DOUBLE, latitude DOUBLE, approved STRING"
    ),
    "bakehouse.sales_transactions": (
        "transactionID BIGINT, customerID BIGINT, franchiseID BIGINT, dateTime TIMESTAMP, product STRING, "
        "quantity BIGINT, unitPrice BIGINT, totalPrice BIGINT, paymentMethod STRING, cardNumber BIGINT"
    ),
    "bakehouse.media_customer_reviews": "review STRING, franchiseID BIGINT, review_date TIMESTAMP, new_id INT",
    "wanderbricks.users": (
        "user_id BIGINT, email STRING, name STRING, country STRING, user_type STRING, created_at DATE, "
        "is_business BOOLEAN, company_name STRING"
    ),
    "wanderbricks.bookings": (
        "booking_id BIGINT, user_id BIGINT, property_id BIGINT, check_in DATE, check_out DATE, guests_count INT, "
        "total_amount DOUBLE, status STRING, created_at TIMESTAMP, updated_at TIMESTAMP"
    ),
}


def sample_read(read: TableRead) -> FileRead | None:
    """The files that stand for a table of `samples`; None for every other table."""
    columns = _columns(read)
    if columns is None:
        return None
    path = str(SAMPLES / f"{'.'.join(read.parts[1:]).lower()}.csv")
    schema = parse_schema(columns)
    return FileRead(path, "csv", {"header": "true"}, schema, read.is_streaming, False, location=read.location)


def sample_note(read: TableRead) -> str | None:
    """What to tell of such a read."""
    if _columns(read) is None:
        return None
    name = ".".join(read.parts)
    return f"{name} is a small stand-in with made-up rows; map it under `tables` in ingot.yml to read your own"


def _columns(read: TableRead) -> str | None:
    if len(read.parts) != 3 or read.parts[0].lower() != _CATALOG:
        return None
    return COLUMNS.get(".".join(read.parts[1:]).lower())
