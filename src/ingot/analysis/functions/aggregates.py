"""Aggregate functions."""

from __future__ import annotations

AGGREGATES = """
count (any+) -> bigint
count_if (boolean) -> bigint
sum (number|interval) -> @sum
try_sum (number|interval) -> @sum
avg, mean (number|interval) -> @average
try_avg (number|interval) -> @average
min (orderable) -> @first
max (orderable) -> @first
min_by (any, orderable, int?) -> @one_or_several
max_by (any, orderable, int?) -> @one_or_several
first, first_value (any, boolean?) -> @first
last, last_value (any, boolean?) -> @first
any_value (any, boolean?) -> @first
collect_list, array_agg (T) -> array<T>
collect_set (comparable) -> @array_of_first
stddev, std, stddev_samp (double) -> double
stddev_pop (double) -> double
variance, var_samp (double) -> double
var_pop (double) -> double
skewness (double) -> double
kurtosis (double) -> double
corr (double, double) -> double
covar_pop (double, double) -> double
covar_samp (double, double) -> double
regr_avgx (number, number) -> @average_of_second
regr_avgy (number, number) -> @average
regr_count (double, double) -> bigint
regr_intercept (double, double) -> double
regr_r2 (double, double) -> double
regr_slope (double, double) -> double
regr_sxx (double, double) -> double
regr_sxy (double, double) -> double
regr_syy (double, double) -> double
bool_and, every (boolean) -> boolean
bool_or, some, any (boolean) -> boolean
bit_and (I) -> I
bit_or (I) -> I
bit_xor (I) -> I
median (number|interval) -> @widest_interval
percentile (number|interval, double!, bigint?) -> @percentile
percentile (number|interval, array<double>!, bigint?) -> @percentile
percentile_approx, approx_percentile (number|date|timestamp|timestamp_ntz|interval, double!, int!?) -> @approximate
percentile_approx (number|date|timestamp|timestamp_ntz|interval, array<double>!, int!?) -> @approximate
approx_count_distinct (any, double?) -> bigint
listagg, string_agg (string, string?) -> @listed
bitmap_construct_agg (bigint!) -> binary
bitmap_or_agg (bytes!) -> binary
bitmap_and_agg (bytes!) -> binary
listagg, string_agg (binary, binary?) -> binary
grouping (any) -> tinyint
grouping_id (any*) -> bigint
histogram_numeric (number|date|timestamp|timestamp_ntz, int) -> @histogram
collect_union (array<T>) -> array<T>
schema_of_variant_agg (variant) -> string
"""
