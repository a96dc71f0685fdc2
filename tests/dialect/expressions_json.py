"""What Spark's parser takes for JSON beyond the standard, the types that it finds, and how values are copied out of it.

Each line is a select list; `cases_json.json` holds Spark's answers.
"""

from __future__ import annotations

ROWS = "SELECT 1 AS one"

SELECTIONS = r"""
schema_of_json('{"a":["",1]}'), schema_of_json('["",1]'), schema_of_json('{"a":[{}]}'), schema_of_json('{"a":{}}'), schema_of_json('{"":1,"b":2}')
schema_of_json('[{},{}]'), schema_of_json('[{"b":{}}]'), schema_of_json('{"a":[{},1]}'), schema_of_json('{"a":[{},[]]}')
schema_of_json('[{"a":null}]', map('dropFieldIfAllNull', 'true')), schema_of_json('{"a":null}', map('dropFieldIfAllNull', 'true')), schema_of_json('{"a":[[null]],"b":1}', map('dropFieldIfAllNull', 'true')), schema_of_json('[null]', map('dropFieldIfAllNull', 'true')), schema_of_json('null', map('dropFieldIfAllNull', 'true')), schema_of_json('{"a":""}', map('dropFieldIfAllNull', 'true'))
schema_of_json('{"a":1,"A":"x"}'), schema_of_json('{"a":1,"a":"x"}'), schema_of_json('[{"a":1},{"A":"x"}]')
schema_of_json('{"a":"1.5"}', map('prefersDecimal', 'true')), schema_of_json('{"a":"+1.5"}', map('prefersDecimal', 'true')), schema_of_json('{"a":".5"}', map('prefersDecimal', 'true')), schema_of_json('{"a":"5."}', map('prefersDecimal', 'true')), schema_of_json('{"a":"1,000"}', map('prefersDecimal', 'true')), schema_of_json('{"a":"1e-2"}', map('prefersDecimal', 'true')), schema_of_json('{"a":"1e2"}', map('prefersDecimal', 'true')), schema_of_json('{"a":" 1.5"}', map('prefersDecimal', 'true')), schema_of_json('{"a":"1_0"}', map('prefersDecimal', 'true')), schema_of_json('{"a":"NaN"}', map('prefersDecimal', 'true'))
schema_of_json('{"a":1e-2}', map('prefersDecimal', 'true')), schema_of_json('{"a":0.0}', map('prefersDecimal', 'true')), schema_of_json('{"a":-0.001}', map('prefersDecimal', 'true')), schema_of_json('{"a":[1.5,1]}', map('prefersDecimal', 'true')), schema_of_json('{"a":0.0000000000000000000000000000000000000001}', map('prefersDecimal', 'true'))
schema_of_json('{"a":1e2}', map('prefersDecimal', 'true'))
schema_of_json('{"a":NaN}', map('prefersDecimal', 'true'))
schema_of_json('{"a":[1,true]}', map('primitivesAsString', 'true')), schema_of_json('{"a":[1,[2]]}'), schema_of_json('{"a":[1,12345678901234567890]}'), schema_of_json('{"a":[1.5,12345678901234567890]}')
schema_of_json('null;'), schema_of_json('true;'), schema_of_json('5 ;'), schema_of_json('"x";'), schema_of_json('NaN;'), schema_of_json('[1]x')
schema_of_json('5;')
schema_of_json('5,')
schema_of_json('5]')
schema_of_json('nullx')
schema_of_json('{"a":INF}')
schema_of_json('{"a":+INF}'), schema_of_json('{"a":-Infinity}')
schema_of_json('{"a":-NaN}')
schema_of_json('{"a":1_0}')
schema_of_json('{"a":1}', map('allowComments', 'maybe'))
schema_of_json('{1a: 2, a-b: 3, a+b: 4, @a: 5, é: 6, -: 7, a$: 8}', map('allowUnquotedFieldNames', 'true'))
schema_of_json('{a.b: 2}', map('allowUnquotedFieldNames', 'true'))
schema_of_json('{"a":007,"b":-007.50}', map('allowNumericLeadingZeros', 'true'))
schema_of_json('{"a":1} # x', map('allowComments', 'true')), schema_of_json('{"a":/* x */1, // y
"b":2}', map('allowComments', 'true'))
schema_of_json('{"a": # x
1}', map('allowComments', 'true'))
from_json(j, 'map<string,string>') from values ('{"a":"\\ud800x"}'), ('{"a":"x\\udc00"}'), ('{"a":"\\ud83d\\ude00"}'), ('{"a":"\\udc00\\ud800"}'), ('{"a":"\\uZZ12"}'), ('{"a":"\\q"}'), ('{"a":007}'), ('{"a":1} # x'), ('{"a":1;}') t(j)
from_json(j, 'map<string,string>', map('allowBackslashEscapingAnyCharacter', 'true')) from values ('{"a":"\\uZZ12"}'), ('{"a":"\\q"}'), ('{"a":"\\''"}') t(j)
from_json(j, 'map<string,string>', map('allowUnquotedFieldNames', 'true', 'allowComments', 'true')) from values ('{1a: 2}'), ('{a-b: 2}'), ('{é: 2}'), ('{a.b: 2}'), ('{a: # x'), ('{a: /* x */ 1}'), ('{a b: 2}') t(j)
from_json(j, 'map<string,string>', map('allowNumericLeadingZeros', 'true', 'allowUnquotedControlChars', 'true')) from values ('{"a":007}'), ('{"a":-007.50}'), ('{"a":"x	y"}'), ('{''a'':''x	y''}') t(j)
get_json_object(j, '$'), get_json_object(j, '$.a'), json_tuple(j, 'a') from values ('{"a":"\\ud800x"}'), ('{"a":"\\ud83d\\ude00"}'), ('{"a":["\\ud83d\\ude00"]}'), ('{"a":NaN}'), ('{"a":+INF}'), ('{"a":007}'), ('{''a'':''it''}'), ('{"a":"x	y"}'), ('{''a'':''x	y''}'), ('{"a":1} x'), ('{"a":1,"a":2}'), ('{"a":1e400}'), ('{a:1}') t(j)
get_json_object(j, '$') from values ('null;'), ('true;'), ('5;'), ('5 ;'), ('5,'), ('5]'), ('"x";'), ('NaN'), ('[1]x'), (''), ('  '), ('-') t(j)
from_json(j, 'map<string,double>') from values ('{"a":NaN,"b":+INF,"c":-Infinity}'), ('{"a":nan}'), ('{"a":INF}'), ('{"a":1,}'), ('{"a":"INF"}') t(j)
from_json(j, 'a int, b int'), from_json(j, 'array<int>'), from_json(j, 'map<string,string>'), get_json_object(j, '$.a'), get_json_object(j, '$[0]') from values ('{"a":1,}'), ('[1,]'), ('{"a":1, }'), ('{"b":[1,],"a":2}'), ('{"a":1,,"b":2}'), ('{"a":1}}'), ('{"a":TRUE}'), ('{"b":",}","a":3}') t(j)
from_json(j, 'a string'), from_json(j, 'map<string,string>'), get_json_object(j, '$.a') from values ('{"a":{"b":"😀é"}}'), ('{"a":["😀"]}'), ('{"a":"😀"}'), ('{"a":"[😀]"}') t(j)
from_json(j, 'a int, b string') from values ('{"a":1,"a":"x","b":1,"b":null}'), ('{"a":1,"\\u0061":2,"c":{"a":3}}'), ('{"a":1,"b":{"x":1,"x":2}}'), ('{"b":"\\"a\\":","a":1}'), (' {"a":1, "b":"x"} '), ('{"a":1.0,"b":1.0}'), ('{"a":1e1,"b":1e10}') t(j)
from_json(j, 'a struct<b: int>, c array<struct<b: int, d: string>>') from values ('{"a":{"b":1,"b":2},"c":[{"b":1,"b":2,"d":"x"},{"d":"{"}]}'), ('{"a":[],"c":{"b":1}}'), ('{"a":"{}","c":[null,{"b":"x"}]}'), ('{"c":[{"b":1},5]}'), ('{"a":{},"c":[]}') t(j)
from_json(j, 'array<struct<a: string, b: array<int>>>') from values ('[{"a":1,"a":2}]'), ('{"a":"x","b":[1,null]}'), ('[{"b":[1,"x"]},{"b":[2]}]'), (' [ {"a":"\\n"} ]'), ('[]'), ('[{"a":"x","a":"y"},{"a":"z"}]') t(j)
from_json(j, 'a string, b double') from values ('{"a":NaN,"b":NaN}'), ('{"a":-INF,"b":"-INF"}'), ('{"a":"nan","b":1}'), ('{"a":12345678901234567890123,"b":12345678901234567890123}'), ('{"a":"12345678901234567890123","b":"12345678901234567890123"}'), ('{"a":true,"b":true}'), ('{"a":-0,"b":-0}') t(j)
from_json(j, 'a decimal(10, 2), b decimal(38, 0)') from values ('{"a":" 5","b":"5"}'), ('{"a":"1,000.5","b":"1_0"}'), ('{"a":"+5","b":12345678901234567890123}'), ('{"a":"5\\n","b":true}'), ('{"a":2.345,"b":"1e3"}') t(j)
from_json(j, 'a date, b timestamp, c timestamp_ntz') from values ('{"a":"5","b":5,"c":"2024-01-02T03:04:05"}'), ('{"a":"2024","b":"2024-01-02T03:04:05Z","c":"2024-01-02T03:04:05Z"}'), ('{"a":"-3","b":"x","c":"2024-01-02 03:04:05.5+02:00"}'), ('{"a":5,"b":1.5,"c":5}') t(j)
from_json(j, '`a/b` int, c int').`a/b` from values ('{"a\\/b":1,"a/b":2,"c":3}'), ('{"a/b":1}') t(j)
m['k'], element_at(m, 'k'), m.k, map_contains_key(m, 'k'), m['a'] from (select from_json(j, 'map<string,string>') as m from values ('{"k":"1","k":"2","a":null}'), ('{"k":null,"k":"2"}'), ('{"k":[1],"\\u006b":"2"}'), ('{''k'':1,''k'':2}'), ('{"a":"x","k":"1","k":"2","a":"y"}') t(j))
m IS NULL, m['k'], try_element_at(m, 'b') from (select from_json(j, 'map<string,int>') as m from values ('{"k":1,"k":2}'), ('{"k":1,"k":"x"}'), ('{"k":"x","k":1}'), ('{"k":1,"k":null}'), ('{"k":null,"k":3}'), ('{"b":4,"k":1,"k":1}') t(j))
from_json(j, 'a map<string,int>').a['k'], from_json(j, 'array<map<string,int>>')[0]['k'], from_json(j, 'map<string,map<string,int>>')['a']['k'], from_json(j, 'map<string,struct<k:int>>')['a'].k from values ('{"a":{"k":1,"k":2}}'), ('[{"k":1,"k":2}]'), ('{"a":{"k":1},"a":{"k":2}}'), ('{"a":1,"a":2}') t(j)
from_json(j, 'map<string,string>') from values ('{}'), ('{"a":null}'), ('{"":1,"$.*":2,"*":3,"a.b":4}'), ('{"a":"null","b":{"c":null},"é\\n":[null]}'), ('[]'), ('{"a":1.50,"b":1e400}') t(j)
json_object_keys(j), json_array_length(j) from values ('{"a	b":1}'), ('{''a'':1}'), ('{"a":NaN}'), ('[NaN]'), ('["x	y"]'), ('[''a'']'), ('[1] x'), ('[1,]'), ('[1'), ('{"a":1} x'), ('{"a":1,"a":2}'), ('{"\\ud83d\\ude00":1}') t(j)
length(get_json_object(repeat('{''a'':', 1000) || '1' || repeat('}', 1000), '$')), get_json_object(repeat('{''a'':', 1001) || '1' || repeat('}', 1001), '$')
"""


def cases() -> list[str]:
    """The queries, in order; one that goes over two lines is told from two by its first letter."""
    lines: list[str] = []
    for line in SELECTIONS.strip().splitlines():
        if line.startswith(('"b":2}', "1}")):
            lines[-1] += "\n" + line
        else:
            lines.append(line)
    return [f"SELECT {line}" for line in lines]
