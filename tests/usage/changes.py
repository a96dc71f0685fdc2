# covers: create_auto_cdc_flow, apply_changes, apply_changes_from_snapshot, create_auto_cdc_from_snapshot_flow and their arguments
# fails: cp.four no-snapshot
import dlt
from pyspark import pipelines as dp
from pyspark.sql.functions import col, expr, struct

dlt.create_streaming_table("cp.one")
dlt.apply_changes(
    target="cp.one", source="raw.changes", keys=["id"], sequence_by=col("seq"), apply_as_deletes=expr("op = 'DELETE'"),
    apply_as_truncates=expr("op = 'TRUNCATE'"), except_column_list=["op", "seq"], stored_as_scd_type=1, ignore_null_updates=True,
)  # fmt: skip
dp.create_streaming_table("cp.two")
for flow in ("a", "b"):
    dp.create_auto_cdc_flow(
        target="cp.two", source="raw.changes", keys=["id"], sequence_by=struct("seq", "id"), stored_as_scd_type="2", name=f"two_{flow}",
        track_history_except_column_list=["seq"], once=flow == "a",
    )  # fmt: skip
dp.create_streaming_table("cp.three", expect_all={"x": "id > 0"})
kwargs = {"column_list": ["id", "name"], "flow_name": "f3"}
dlt.apply_changes("cp.three", "raw.changes", [col("id")], "seq", apply_as_delete_when="op = 'DELETE'", **kwargs)
dp.create_streaming_table("cp.four")
dlt.apply_changes_from_snapshot(
    target="cp.four",
    snapshot_and_version=lambda latest: None,
    keys=["id"],
    stored_as_scd_type=2,
    track_history_column_list=["name"],
)
dp.create_streaming_table("cp.five")
dp.create_auto_cdc_from_snapshot_flow(target="cp.five", source="raw.changes", keys=["id"], stored_as_scd_type=1)
