"""Functions over numbers and bits."""

from __future__ import annotations

SCALARS = """
abs (N) -> N
abs (interval) -> @first
negative (N) -> N
negative (interval) -> @first
positive (N) -> N
positive (interval) -> @first
sign, signum (double) -> double
sign, signum (interval) -> double
ceil, ceiling (number) -> @whole
ceil, ceiling (decimal(38,18)|number, int) -> @rounded_to
floor (number) -> @whole
floor (decimal(38,18)|number, int) -> @rounded_to
round (number, int?) -> @rounded
bround (number, int?) -> @rounded
rint (double) -> double
sqrt (double) -> double
cbrt (double) -> double
exp (double) -> double
expm1 (double) -> double
ln (double) -> double
log (double) -> double
log (double, double) -> double
log10 (double) -> double
log2 (double) -> double
log1p (double) -> double
pow, power (double, double) -> double
hypot (double, double) -> double
sin (double) -> double
cos (double) -> double
tan (double) -> double
cot (double) -> double
sec (double) -> double
csc (double) -> double
asin (double) -> double
acos (double) -> double
atan (double) -> double
atan2 (double, double) -> double
sinh (double) -> double
cosh (double) -> double
tanh (double) -> double
asinh (double) -> double
acosh (double) -> double
atanh (double) -> double
degrees (double) -> double
radians (double) -> double
pi () -> double
e () -> double
factorial (int) -> bigint
bin (bigint) -> string
conv (string, int, int) -> string
isnan (double) -> boolean
nanvl (double, double) -> double
greatest (T, T+) -> @unpromoted
least (T, T+) -> @unpromoted
width_bucket (double, double, double, bigint) -> bigint
width_bucket (interval, interval, interval, bigint) -> @bucket
bit_count (I|boolean) -> int
bitmap_bit_position (bigint) -> bigint
bitmap_bucket_number (bigint) -> bigint
bitmap_count (bytes!) -> bigint
bit_get, getbit (I, int) -> tinyint
shiftleft (int|bigint, int) -> @first
shiftright (int|bigint, int) -> @first
shiftrightunsigned (int|bigint, int) -> @first
rand, random (bigint?) -> double
randn (bigint?) -> double
uniform (number, number, bigint?) -> @uniform
to_number (string, string) -> @number_of_format
try_to_number (string, string) -> @number_of_format
"""

VOLATILE = frozenset({"rand", "randn", "uniform"})
