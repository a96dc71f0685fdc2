"""The expressions whose answers are recorded from Spark: each is evaluated over every row of `ROWS`.

One expression a line; `cases.json` holds Spark's types and answers, made by `record.py`.
"""

from __future__ import annotations

ROWS = """
SELECT * FROM VALUES
  (1, 42, 7L, double('2.5'), 12.345, 100.00, 'hello World', ' 42 ', '2024-01-31', date'2024-01-31', timestamp'2024-01-31 23:59:59.123456', true, array(3, 1, 2), map('a', 1, 'b', 2), named_struct('x', 1, 'y', 'p'), '{"a": {"b": 1}, "c": [1, "two", null], "d": "text"}'),
  (2, -17, -9223372036854775807L, double('-0.0'), -99999.999, 0.01, 'Ünïcödé ß', '1.0', '2020-2-9 1:2:3', date'2020-02-29', timestamp'1969-12-31 23:59:59.5', false, array(), map(), named_struct('x', 2, 'y', CAST(NULL AS STRING)), '[1, 2, 3]'),
  (3, 0, 0L, double('NaN'), 0.000, 99999999.99, '', '', '1999-12-31T10:00:00Z', date'1999-12-31', timestamp'2000-02-29 00:00:00', CAST(NULL AS BOOLEAN), array(1, NULL, 1), map('z', CAST(NULL AS INT)), CAST(NULL AS STRUCT<x: INT, y: STRING>), 'not json'),
  (4, 2147483647, 9223372036854775807L, double('Infinity'), 99999.999, -0.05, 'a,b,,c', 'abc', '2024-13-01', date'1800-03-01', timestamp'2024-12-30 12:00:00', true, array(5), map('k', -1), named_struct('x', CAST(NULL AS INT), 'y', 'q'), '{}'),
  (5, CAST(NULL AS INT), CAST(NULL AS BIGINT), CAST(NULL AS DOUBLE), CAST(NULL AS DECIMAL(8,3)), CAST(NULL AS DECIMAL(10,2)), CAST(NULL AS STRING), CAST(NULL AS STRING), CAST(NULL AS STRING), CAST(NULL AS DATE), CAST(NULL AS TIMESTAMP), CAST(NULL AS BOOLEAN), CAST(NULL AS ARRAY<INT>), CAST(NULL AS MAP<STRING, INT>), CAST(NULL AS STRUCT<x: INT, y: STRING>), CAST(NULL AS STRING)),
  (6, -2147483648, 1234567890123L, double('1.0E10'), 0.125, 12.50, 'foo BAR  baz qux', '-7', '2024-02-30', date'9998-12-31', timestamp'2024-03-31 01:30:00', false, array(-1, -2), map('a', 10, 'c', 30), named_struct('x', 5, 'y', 'ö'), '{"a": null, "n": 1.50, "s": "x\\"y"}'),
  (7, 100, 255L, double('-1234.5678'), 1.005, 0.00, 'x1y22z333', '99999999999', '2023-06-15 08:09:10.5', date'2023-06-15', timestamp'2023-06-15 08:09:10.5', true, array(2, 2, 3, 9), map('b', 0), named_struct('x', 0, 'y', ''), '{"a": [{"b": 2}, {"b": 3}]}')
AS t(id, i, l, d, p, q, s, n, ts_text, dt, ts, f, a, m, st, j)
"""

EXPRESSIONS = r"""
i + 1L
i - id
i * 2L
l % 10
i % 7
-id
i / 4
id / 0.5
p + q
p - q
p * q
p / 3
q / 7
q / p * 0
p % 2
q div 3
id div 2
id & 3
id | 8
id ^ 5
~id
id << 2
id >> 1
d + 1
d * 2
d - d
d / 3
d = d
d > 1
d < double('NaN')
d <=> NULL
i = i
i <=> NULL
s = 'hello World'
s < 'b'
s <=> s
f AND true
f OR false
NOT f
f IS NULL
f IS TRUE
f IS NOT TRUE
i IS NOT NULL
i BETWEEN -20 AND 50
i IN (42, 0, NULL)
i NOT IN (42, 0)
s IN ('', 'a,b,,c')
s LIKE '%o%'
s LIKE 'a_b%'
s LIKE '%\\_%'
s NOT LIKE '%o%'
s ILIKE '%FOO%'
s RLIKE '[0-9]+'
s RLIKE '^f.*x$'
dt = date'2024-01-31'
dt < '2024-01-01'
ts > '2000-01-01'
CASE WHEN i > 0 THEN 'pos' WHEN i < 0 THEN 'neg' ELSE 'other' END
CASE i WHEN 42 THEN 'x' WHEN 0 THEN 'y' END
if(i > 0, i, -1)
coalesce(i, id, 0)
nvl(s, 'none')
ifnull(p, 0)
nvl2(s, 1, 2)
nullif(id, 3)
nullif(s, '')
greatest(id, 4, i)
least(id, 4, i)
greatest(d, 1.0)
least(d, 1.0)
isnull(s)
isnotnull(s)
isnan(d)
nanvl(d, 0)
zeroifnull(i)
nullifzero(i)
decode(id, 1, 'one', 2, 'two', 'many')
typeof(p)
typeof(array(p))
equal_null(i, 42)
cast(d as string)
cast(p as string)
cast(i as string)
cast(l as double)
cast(l as string)
cast(dt as string)
cast(ts as string)
cast(f as string)
cast(a as string)
cast(m as string)
cast(st as string)
cast(p as int)
cast(q as bigint)
cast(p as double)
cast(p as decimal(10,1))
cast(q as decimal(20,5))
try_cast(p as decimal(4,2))
try_cast(d as int)
try_cast(d as bigint)
try_cast(d as decimal(10,2))
try_cast(l as int)
try_cast(i as smallint)
try_cast(i as tinyint)
try_cast(n as int)
try_cast(n as bigint)
try_cast(n as double)
try_cast(n as float)
try_cast(n as decimal(10,2))
try_cast(n as boolean)
try_cast(n as date)
try_cast(s as int)
try_cast(ts_text as date)
try_cast(ts_text as timestamp)
try_cast(ts_text as timestamp_ntz)
cast(f as int)
cast(f as double)
cast(i as boolean)
cast(id as timestamp)
cast(ts as date)
cast(ts as bigint)
cast(ts as double)
cast(ts as timestamp_ntz)
cast(dt as timestamp)
cast(dt as timestamp_ntz)
cast(s as binary)
cast(a as array<string>)
cast(m as map<string,double>)
cast(st as struct<x: bigint, y: string>)
cast(id as decimal(5,2))
bigint(id)
string(p)
double(p)
decimal(id)
abs(i + 1L)
abs(d)
abs(p)
sign(i)
sign(d)
signum(p)
ceil(d / 3)
ceil(p)
floor(p)
floor(i)
ceil(p, 1)
floor(p, 2)
ceil(p, -2)
floor(q, -1)
round(p, 2)
round(p)
round(p, 0)
round(p, -2)
round(q, 1)
round(d, 1)
round(d)
round(id, -1)
bround(p, 1)
bround(q, 1)
bround(d)
bround(d, 2)
rint(d)
mod(id, 4)
mod(p, 2.5)
pmod(i, 7)
pmod(-id, 3)
pmod(p, 3)
sqrt(id)
sqrt(d)
cbrt(id)
exp(id)
expm1(id)
ln(id)
ln(d)
log(2, id)
log(d)
log10(id)
log2(id)
log1p(id)
power(id, 2)
pow(d, 2)
hypot(id, 3)
sin(id)
cos(id)
tan(id)
asin(id / 10)
acos(id)
atan(id)
atan2(id, 2)
sinh(id)
cosh(id)
tanh(id)
asinh(id)
acosh(id)
atanh(id / 10)
cot(id)
degrees(id)
radians(id)
factorial(id)
bin(l)
bin(id)
hex(l)
hex(id)
hex(s)
unhex('4D7953514C')
unhex(n)
conv('100', 2, 10)
width_bucket(id, 0, 10, 5)
bit_count(i)
bit_count(l)
shiftleft(id, 2)
shiftright(i, 3)
shiftrightunsigned(i, 28)
try_add(i, 1)
try_add(l, 1L)
try_subtract(i, 1)
try_multiply(i, 2)
try_multiply(l, 2L)
try_divide(i, 0)
try_divide(p, q)
try_divide(id, 4)
try_mod(i, id - 1)
length(s)
char_length(s)
octet_length(s)
bit_length(s)
upper(s)
lower(s)
initcap(s)
trim(n)
ltrim(n)
rtrim(n)
trim(BOTH 'ho' FROM s)
trim(LEADING 'h' FROM s)
btrim(s, 'xd')
concat(s, '-', n)
concat(s, i)
s || n
concat_ws('-', s, n, 'x')
concat_ws(',', array(s, n), 'z')
concat_ws(',', a)
substring(s, 2, 3)
substring(s, -3)
substring(s, 0, 2)
substring(s, -10, 8)
substring(s, id, 2)
substr(s, 3)
substring(s FROM 2 FOR 2)
substring_index(s, ',', 2)
substring_index(s, ',', -2)
substring_index(s, 'o', 1)
left(s, 3)
right(s, 3)
left(s, -1)
lpad(s, 4, '*')
rpad(s, 12, 'ab')
lpad(s, 4)
repeat(s, 2)
reverse(s)
reverse(a)
replace(s, 'o', '0')
replace(s, ',')
translate(s, 'abc', '12')
overlay(s PLACING 'ZZ' FROM 2)
overlay(s PLACING 'ZZ' FROM 2 FOR 0)
instr(s, 'o')
locate('o', s)
locate('o', s, 6)
position('b' IN s)
contains(s, 'o')
startswith(s, 'f')
endswith(s, 'x')
like(s, '%a%')
regexp_like(s, 'o+')
regexp_replace(s, '([a-z])([0-9])', '$2$1')
regexp_replace(s, 'o', '')
regexp_replace(s, '\\s+', '_')
regexp_replace(n, '[^0-9]', '')
regexp_extract(s, '([a-z]+)([0-9]+)', 1)
regexp_extract(s, '([a-z]+)([0-9]+)', 2)
regexp_extract(s, '(\\w+) (\\w+)', 2)
regexp_extract(s, '[0-9]+', 0)
regexp_extract_all(s, '([a-z])([0-9]+)', 2)
regexp_extract_all(s, '[a-z]+', 0)
regexp_count(s, '[0-9]')
regexp_instr(s, '[0-9]+')
regexp_substr(s, '[0-9]+')
split(s, ',')
split(s, '[0-9]+')
split(s, ' ', 2)
split(s, 'o', -1)
split(s, ',', 3)
split_part(s, ',', 2)
split_part(s, ',', -1)
split_part(s, ' ', 9)
ascii(s)
chr(id + 64)
base64(cast(s as binary))
unbase64('U3Bhcms=')
decode(encode(s, 'utf-8'), 'utf-8')
soundex(s)
levenshtein(n, 'abc')
space(id)
find_in_set('b', 'a,b,c')
find_in_set(n, 'abc,,-7')
elt(2, s, n)
format_number(p, 2)
format_number(q, 1)
format_number(d, 3)
format_number(l, 0)
format_string('%s has %d', s, id)
format_string('%05d|%x', id, id)
printf('%s', p)
mask(s)
mask(s, 'U', 'l', '#', '.')
luhn_check(n)
url_encode(s)
url_decode('a%20b+c')
md5(s)
sha1(s)
sha2(s, 256)
sha(s)
crc32(s)
hash(s)
xxhash64(s)
year(dt)
quarter(dt)
month(dt)
day(dt)
dayofmonth(dt)
dayofweek(dt)
dayofyear(dt)
weekday(dt)
weekofyear(dt)
year(ts)
month(ts)
hour(ts)
minute(ts)
second(ts)
extract(YEAR FROM ts)
extract(SECOND FROM ts)
extract(WEEK FROM dt)
extract(DOW FROM dt)
date_part('MONTH', ts)
dayname(dt)
monthname(dt)
date_add(dt, -1)
date_sub(dt, 31)
date_add(dt, -id)
dt - 1
dt - INTERVAL 1 MONTH
dt - INTERVAL 3 DAY
dt - INTERVAL 5 HOURS
ts + INTERVAL 1 DAY
ts - INTERVAL '1' HOUR
ts + INTERVAL 2 MONTHS
ts + INTERVAL '1 02:03:04' DAY TO SECOND
add_months(dt, -1)
add_months(dt, -13)
last_day(dt)
next_day(dt, 'MON')
trunc(dt, 'MM')
trunc(dt, 'YEAR')
trunc(dt, 'Q')
trunc(dt, 'week')
date_trunc('MONTH', ts)
date_trunc('WEEK', ts)
date_trunc('HOUR', ts)
date_trunc('DD', ts)
date_trunc('QUARTER', dt)
date_trunc('MILLISECOND', ts)
datediff(dt, date'2024-01-01')
datediff(ts, '2024-01-01')
datediff(MONTH, dt, ts)
datediff(DAY, ts, timestamp'2024-01-01 00:00:00')
timestampdiff(HOUR, ts, timestamp'2024-01-01 00:00:00')
timestampdiff(MONTH, ts, timestamp'2024-01-01 00:00:00')
timestampdiff(YEAR, ts, timestamp'2024-01-01 00:00:00')
timestampadd(MONTH, 1, ts)
dateadd(DAY, 10, ts)
months_between(ts, date'2024-01-31')
months_between(dt, date'2024-02-29')
months_between(ts, timestamp'2024-01-31 12:00:00', false)
date_format(ts, 'yyyy-MM-dd HH:mm:ss')
date_format(ts, 'dd/MM/yy')
date_format(ts, 'EEE, d MMM yyyy')
date_format(ts, "yyyy-MM-dd'T'HH:mm:ss.SSS")
date_format(dt, 'yyyyMM')
date_format(ts, 'h:mm a')
date_format(ts, 'QQQ yyyy')
date_format(ts, 'D')
date_format(ts, 'SSSSSS')
date_format(ts, 'MMMM')
date_format(ts, 'EEEE')
try_to_timestamp(ts_text)
try_to_timestamp(ts_text, 'yyyy-MM-dd HH:mm:ss.S')
try_to_timestamp(n, 'yyyy')
to_date(substring(cast(dt as string), 1, 10), 'yyyy-MM-dd')
to_date('31/12/2023', 'dd/MM/yyyy')
to_date('3/1/2023', 'd/M/yyyy')
to_date('Jan 5, 2024', 'MMM d, yyyy')
to_timestamp('2024-01-05 10:11:12', 'yyyy-MM-dd HH:mm:ss')
to_timestamp('05/01/2024 3:04 PM', 'dd/MM/yyyy h:mm a')
to_timestamp("2024-01-05T10:11:12.345", "yyyy-MM-dd'T'HH:mm:ss.SSS")
to_timestamp("2024-01-05T10:11:12Z", "yyyy-MM-dd'T'HH:mm:ssX")
to_timestamp('20240105', 'yyyyMMdd')
unix_timestamp(ts)
unix_timestamp(dt)
unix_timestamp('2024-01-05', 'yyyy-MM-dd')
to_unix_timestamp(ts)
from_unixtime(id * 86400)
from_unixtime(id, 'yyyy')
unix_date(dt)
unix_seconds(ts)
unix_millis(ts)
unix_micros(ts)
timestamp_seconds(id)
timestamp_millis(l % 1000000)
timestamp_micros(id)
date_from_unix_date(id)
make_date(2024, id, 15)
make_timestamp(2024, id, 1, 2, 3, 4.5)
from_utc_timestamp(ts, 'Asia/Tokyo')
to_utc_timestamp(ts, 'Asia/Tokyo')
size(a)
size(m)
cardinality(a)
array_size(a)
get(a, 0)
get(a, 5)
try_element_at(a, 1)
try_element_at(a, -1)
try_element_at(a, 9)
m['a']
element_at(m, 'a')
try_element_at(m, 'zzz')
st.x
st.y
array(id, i)
array(id, p)
array_contains(a, 1)
array_contains(a, 9)
array_position(a, 2)
array_append(a, 4)
array_prepend(a, 4)
array_insert(a, 2, 7)
array_insert(a, -2, 7)
array_insert(a, 6, 7)
array_remove(a, 1)
array_compact(a)
array_distinct(a)
array_union(a, array(1, 9))
array_intersect(a, array(1, 2, NULL))
array_except(a, array(1, 2))
arrays_overlap(a, array(1, 8))
array_join(cast(a as array<string>), '-')
array_join(cast(a as array<string>), '-', '?')
array_max(a)
array_min(a)
array_repeat(s, 2)
array_repeat(id, 0)
array_sort(a)
sort_array(a)
sort_array(a, false)
slice(a, 2, 2)
slice(a, -2, 2)
slice(a, 1, 0)
flatten(array(a, array(7)))
flatten(array(array(id), array(2)))
sequence(1, id)
sequence(id, 1)
sequence(1, 10, id)
sequence(date'2024-01-31', date'2024-04-30', INTERVAL 1 MONTH)
sequence(date'2024-01-01', date'2024-01-03')
transform(a, x -> x * 2)
transform(a, (x, k) -> x + k)
transform(a, x -> coalesce(x, id))
filter(a, x -> x > 1)
filter(a, (x, k) -> k > 0)
exists(a, x -> x > 2)
forall(a, x -> x > 0)
aggregate(a, 0, (acc, x) -> acc + coalesce(x, 0))
aggregate(a, 0, (acc, x) -> acc + x)
aggregate(a, '', (acc, x) -> concat(acc, x), acc -> upper(acc))
zip_with(a, array(1, 2), (x, y) -> coalesce(x, 0) + coalesce(y, 0))
map_keys(m)
map_values(m)
map_entries(m)
map_contains_key(m, 'a')
map_concat(m, map('q', 9))
map_from_arrays(array('x', 'y'), array(id, i))
map_from_entries(array(struct('k', id)))
map_filter(m, (k, v) -> v > 1)
transform_keys(m, (k, v) -> upper(k))
transform_values(m, (k, v) -> v + 1)
map_zip_with(m, map('a', 5), (k, x, y) -> coalesce(x, 0) + coalesce(y, 0))
str_to_map('a:1,b:2')
str_to_map(s, ',', ':')
map('k', id, 'l', i)
struct(id, s)
named_struct('a', id, 'b', p)
array(id, 2) < array(2, i)
array(1, i) = array(1, 42)
get_json_object(j, '$.a')
get_json_object(j, '$.a.b')
get_json_object(j, '$.c[0]')
get_json_object(j, '$.c[1]')
get_json_object(j, '$.c')
get_json_object(j, '$.n')
get_json_object(j, '$.s')
get_json_object(j, '$[1]')
get_json_object(j, '$')
json_array_length(j)
json_object_keys(j)
to_json(st)
to_json(a)
to_json(m)
to_json(struct(id, d, p, dt, ts, f))
from_json('{"a": 1, "b": "x", "c": [1, 2]}', 'a INT, b STRING, c ARRAY<INT>')
from_json(j, 'a STRUCT<b: INT>, d STRING')
from_json(j, 'n DOUBLE, s STRING')
from_json('{"t": "2024-01-05T10:11:12Z", "d": "2024-01-05"}', 't TIMESTAMP, d DATE')
from_json('{"a": 1.5, "b": "2", "c": true}', 'a INT, b INT, c STRING')
from_json('[1, 2]', 'ARRAY<INT>')
from_json('{"k": 1}', 'MAP<STRING, INT>')
cast(1.005 as double) * 100
cast('1e400' as double)
cast(0.1 as float)
cast(cast(0.1 as float) as double)
cast(1e15 as string)
cast(-1.5e-5 as string)
cast(999999999999.5 as decimal(13,0))
cast(99999999999999999999999999999999999999 as decimal(38,0)) / 3
cast(1 as decimal(38,10)) / cast(3 as decimal(20,5))
cast(12345678901234567890.12 as decimal(30,2)) * cast(1.5 as decimal(5,2))
cast(10 as decimal(18,2)) / cast(3 as decimal(18,2))
cast(-10 as decimal(18,2)) / cast(3 as decimal(18,2))
cast(1 as decimal(10,0)) / cast(8 as decimal(10,0))
cast(2 as decimal(20,4)) % cast(0.3 as decimal(20,4))
1.5 + 2
0.1 + 0.2
100 * 1.15
5 / 2
5 div 2
-5 % 3
2 * 3.0
1 / 3.0
10 % 3.5
'5' + 1
'5' * '2'
'10' > 9
'abc' || 5
1 = '1'
true = 'true'
concat(1.0, 2)
date'2024-03-01' - date'2024-02-01' = INTERVAL '29' DAY
cast('2024-03-01' as date) > '2024-02-30x' OR true
substring('日本語テキスト', 2, 3)
length('日本語🎉')
reverse('añ🎉b')
upper('straße')
lower('ÀÉÎ')
initcap('élan vital')
"""

AGGREGATES = r"""
count(*)
count(i)
count(DISTINCT f)
count(DISTINCT i, s)
count_if(i > 0)
sum(id)
sum(q)
sum(p)
sum(d)
sum(DISTINCT id)
sum(id) FILTER (WHERE id > 3)
avg(id)
avg(q)
avg(p)
avg(i)
min(s)
max(s)
min(d)
max(d)
min(p)
max(ts)
min(dt)
max(f)
max(st)
min(st)
max(struct(f, id))
max_by(s, id)
min_by(id, s)
max_by(i, p)
collect_list(i)
array_sort(collect_set(f))
first(id) IS NOT NULL
stddev(id)
stddev_pop(id)
variance(id)
var_pop(q)
skewness(id)
kurtosis(id)
corr(id, p)
covar_pop(id, q)
covar_samp(id, q)
regr_slope(id, q)
regr_intercept(id, q)
regr_r2(id, q)
regr_count(i, d)
regr_avgx(id, q)
regr_sxy(id, q)
bool_and(f)
bool_or(f)
every(f)
some(f)
bit_and(id)
bit_or(id)
bit_xor(id)
median(id)
percentile(id, 0.3)
percentile(p, array(0.25, 0.75))
percentile_approx(id, 0.5)
percentile_approx(q, array(0.1, 0.9))
percentile_cont(0.4) WITHIN GROUP (ORDER BY id)
approx_count_distinct(id)
mode(f)
try_sum(l)
try_avg(id)
sum(i / 2)
avg(d) IS NULL
sum(CASE WHEN f THEN 1 ELSE 0 END)
round(avg(q), 2)
round(sum(p) / count(*), 3)
max(length(s)) - min(length(s))
array_join(array_sort(collect_list(s)), '|')
any_value(1)
concat_ws(',', array_sort(collect_list(string(id))))
sum(DISTINCT q)
count(DISTINCT dt)
"""

WINDOWS = r"""
row_number() OVER (ORDER BY id)
rank() OVER (ORDER BY f)
dense_rank() OVER (ORDER BY f DESC)
percent_rank() OVER (ORDER BY f)
cume_dist() OVER (ORDER BY id)
ntile(3) OVER (ORDER BY id)
lag(i) OVER (ORDER BY id)
lead(i, 2, 0) OVER (ORDER BY id)
lag(i) IGNORE NULLS OVER (ORDER BY id)
first_value(i) OVER (ORDER BY id)
last_value(i) OVER (ORDER BY id)
last(i, true) OVER (ORDER BY id)
nth_value(id, 2) OVER (ORDER BY id)
sum(id) OVER (PARTITION BY f)
sum(id) OVER (ORDER BY id)
sum(q) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING)
avg(id) OVER (ORDER BY id ROWS 2 PRECEDING)
avg(q) OVER (PARTITION BY f ORDER BY id)
max(i) OVER (ORDER BY id RANGE BETWEEN 2 PRECEDING AND CURRENT ROW)
count(*) OVER (PARTITION BY f)
count(i) OVER (ORDER BY dt RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
collect_list(id) OVER (ORDER BY id)
row_number() OVER (PARTITION BY f ORDER BY i DESC NULLS LAST)
row_number() OVER (ORDER BY s)
row_number() OVER (ORDER BY d DESC)
row_number() OVER (ORDER BY st)
stddev(id) OVER (ORDER BY id)
"""

QUERIES = r"""
SELECT id, e FROM t LATERAL VIEW explode(a) AS e ORDER BY id, e
SELECT id, e FROM t LATERAL VIEW OUTER explode(a) AS e ORDER BY id, e
SELECT id, k, v FROM t LATERAL VIEW explode(m) AS k, v ORDER BY id, k
SELECT id, pos, e FROM t LATERAL VIEW posexplode(a) AS pos, e ORDER BY id, pos
SELECT id, pos, e FROM t LATERAL VIEW OUTER posexplode(a) AS pos, e ORDER BY id, pos
SELECT id, explode(a) AS e FROM t ORDER BY id, e
SELECT id, inline(array(st, st)) FROM t ORDER BY id
SELECT id, stack(2, 'i', i, 'n', id) AS (name, value) FROM t ORDER BY id, name
SELECT f, count(*) AS c, sum(id) AS s FROM t GROUP BY f ORDER BY f
SELECT f, id % 2 AS odd, count(*) AS c FROM t GROUP BY ROLLUP (f, id % 2) ORDER BY f, odd, c
SELECT f, id % 2 AS odd, grouping_id() AS g, sum(id) AS c FROM t GROUP BY CUBE (f, id % 2) ORDER BY f, odd, g
SELECT date_trunc('YEAR', ts) AS y, count(*) AS c FROM t GROUP BY date_trunc('YEAR', ts) ORDER BY y
SELECT cast(n AS string) AS k, max(id) AS x FROM t GROUP BY cast(n AS string) HAVING max(id) > 2 ORDER BY k
SELECT DISTINCT f FROM t ORDER BY f
SELECT id FROM t WHERE i IN (SELECT i FROM t WHERE id < 4) ORDER BY id
SELECT id FROM t WHERE NOT EXISTS (SELECT 1 FROM t AS u WHERE u.id = t.id + 1) ORDER BY id
SELECT a1.id, b1.id AS other FROM t AS a1 JOIN t AS b1 ON a1.id = b1.id - 1 ORDER BY 1
SELECT a1.id, b1.s FROM t AS a1 LEFT JOIN t AS b1 ON a1.i = b1.i AND b1.id > 3 ORDER BY 1
SELECT a1.id FROM t AS a1 LEFT ANTI JOIN t AS b1 ON a1.i = b1.i ORDER BY 1
SELECT a1.id FROM t AS a1 LEFT SEMI JOIN t AS b1 ON a1.i = b1.i AND b1.f ORDER BY 1
SELECT id FROM t UNION SELECT id + 5 FROM t ORDER BY id
SELECT f FROM t INTERSECT SELECT true ORDER BY f
SELECT f FROM t EXCEPT SELECT true ORDER BY f
SELECT id, i FROM t ORDER BY i DESC NULLS FIRST, id LIMIT 3
SELECT id FROM t QUALIFY row_number() OVER (PARTITION BY f ORDER BY id DESC) = 1 ORDER BY id
WITH x AS (SELECT id, s FROM t WHERE id < 4) SELECT count(*) AS c, max(s) AS s FROM x
SELECT * FROM (SELECT f, id FROM t) PIVOT (sum(id) FOR f IN (true AS yes, false AS no))
SELECT (SELECT max(id) FROM t) AS m, id FROM t WHERE id = 1
SELECT sum(id) OVER (ORDER BY id) AS r, id FROM t WHERE f ORDER BY id
"""


def cases() -> list[str]:
    """All queries, each over the view `t`."""

    def lines(text: str) -> list[str]:
        return [line for line in text.strip().splitlines() if line.strip()]

    found = [f"SELECT {e} AS c FROM t ORDER BY id" for e in lines(EXPRESSIONS)]
    found += [f"SELECT {e} AS c FROM t" for e in lines(AGGREGATES)]
    found += [f"SELECT id, {e} AS c FROM t ORDER BY id" for e in lines(WINDOWS)]
    return found + lines(QUERIES)
