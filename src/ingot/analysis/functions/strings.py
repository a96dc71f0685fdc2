"""Functions over strings and binary values."""

from __future__ import annotations

SCALARS = """
length, len, char_length, character_length (string|binary) -> int
octet_length (string|binary) -> int
bit_length (string|binary) -> int
upper, ucase (string) -> string
lower, lcase (string) -> string
initcap (string) -> string
trim (string) -> string
trim (string, string) -> string
ltrim (string) -> string
ltrim (string, string) -> string
rtrim (string) -> string
rtrim (string, string) -> string
btrim (string, string?) -> string
concat_ws (string, string|array<string>*) -> string
substring, substr (string|binary, int, int?) -> @first
substring_index (string, string, int) -> string
left (string|binary, int) -> @first
right (string, int) -> string
lpad (string, int, string?) -> string
lpad (binary, int) -> binary
lpad (binary!, int, binary!) -> binary
rpad (string, int, string?) -> string
rpad (binary, int) -> binary
rpad (binary!, int, binary!) -> binary
repeat (string, int) -> string
reverse (string) -> string
reverse (binary) -> binary
reverse (array<T>) -> array<T>
replace (string, string, string?) -> string
translate (string, string, string) -> string
overlay (string, string, int, int?) -> string
overlay (binary, binary, int, int?) -> binary
instr (string, string, int?, int?) -> int
locate, position, charindex (string, string, int?) -> int
contains (string, string) -> boolean
contains (binary, binary) -> boolean
startswith (string, string) -> boolean
startswith (binary, binary) -> boolean
endswith (string, string) -> boolean
endswith (binary, binary) -> boolean
like (string, string, string?) -> boolean
ilike (string, string, string?) -> boolean
rlike, regexp, regexp_like (string, string) -> boolean
regexp_replace (string, string, string, int?) -> @replaced
regexp_extract (string, string, int?) -> string
regexp_extract_all (string, string, int?) -> array<string>
regexp_count (string, string) -> int
regexp_instr (string, string, int?) -> int
regexp_substr (string, string) -> string
split (string, string, int?) -> array<string>
split_part (string, string, int) -> string
ascii (string) -> int
char, chr (bigint) -> string
base64 (binary) -> string
unbase64 (string) -> binary
hex (bigint|binary|string) -> string
unhex (string) -> binary
encode (string, string) -> binary
to_base32 (binary) -> string
from_base32 (string) -> binary
soundex (string) -> string
levenshtein (string, string, int?) -> int
jaro_winkler_similarity (string, string) -> double
space (int) -> string
find_in_set (string, string) -> int
elt (int, string+) -> string
format_number (numeric, int) -> string
format_number (numeric, string) -> string
format_string, printf (string, any*) -> string
sentences (string, string?, string?) -> array<array<string>>
mask (string, string?, string?, string?, string?) -> string
luhn_check (string) -> boolean
url_encode (string) -> string
url_decode (string) -> string
try_url_decode (string) -> string
parse_url (string, string, string?) -> string
try_parse_url (string, string, string?) -> string
to_binary (string, string?) -> binary
try_to_binary (string, string?) -> binary
is_valid_utf8 (string|binary) -> boolean
validate_utf8 (string|binary) -> string
try_validate_utf8 (string|binary) -> string
make_valid_utf8 (string|binary) -> string
quote (string) -> string
randstr (int, int?) -> string
"""

VOLATILE = frozenset({"randstr"})
