"""Functions over arrays, maps and structs, and those that take lambdas."""

from __future__ import annotations

SCALARS = """
array (T*) -> array<T>
size, cardinality (array<any>|map<any,any>) -> int
array_size (array<any>) -> int
element_at (array<T>, int) -> T
element_at (map<K,V>, K) -> V
try_element_at (array<T>, int) -> T
try_element_at (map<K,V>, K) -> V
get (array<T>, int) -> T
array_contains (array<T>, T) -> boolean
array_position (array<T>, T) -> bigint
array_append (array<T>, T) -> array<T>
array_prepend (array<T>, T) -> array<T>
array_insert (array<T>, int, T) -> array<T>
array_remove (array<T>, T) -> array<T>
array_compact (array<T>) -> array<T>
array_distinct (array<T>) -> array<T>
array_union (array<T>, array<T>) -> array<T>
array_intersect (array<T>, array<T>) -> array<T>
array_except (array<T>, array<T>) -> array<T>
arrays_overlap (array<T>, array<T>) -> boolean
array_join (array<string>, string, string?) -> string
array_max (array<T>) -> T
array_min (array<T>) -> T
array_repeat (T, int) -> array<T>
array_sort (array<T>) -> array<T>
array_sort (array<T>, fn(T,T):int) -> array<T>
sort_array (array<T>, boolean?) -> array<T>
shuffle (array<T>, bigint?) -> array<T>
slice (array<T>, int, int) -> array<T>
flatten (array<array<T>>) -> array<T>
sequence (I, I, I?) -> array<I>
sequence (T, T, interval?) -> @array_of_times
transform (array<T>, fn(T,int):U) -> array<U>
filter (array<T>, fn(T,int):boolean) -> array<T>
exists (array<T>, fn(T):boolean) -> boolean
forall (array<T>, fn(T):boolean) -> boolean
aggregate, reduce (array<T>, A, fn(A,T):any) -> A
aggregate, reduce (array<T>, A, fn(A,T):any, fn(A):R) -> R
zip_with (array<T>, array<U>, fn(T,U):R) -> array<R>
map_keys (map<K,V>) -> array<K>
map_values (map<K,V>) -> array<V>
map_entries (map<K,V>) -> @map_entries
map_contains_key (map<K,V>, K) -> boolean
map_concat (map<K,V>*) -> map<K,V>
map_from_arrays (array<K>, array<V>) -> map<K,V>
map_from_entries (array<struct>) -> @map_from_entries
map_filter (map<K,V>, fn(K,V):boolean) -> map<K,V>
transform_keys (map<K,V>, fn(K,V):R) -> map<R,V>
transform_values (map<K,V>, fn(K,V):R) -> map<K,R>
map_zip_with (map<K,V>, map<K,W>, fn(K,V,W):R) -> map<K,R>
str_to_map (string, string?, string?) -> map<string,string>
"""

VOLATILE = frozenset({"shuffle"})
