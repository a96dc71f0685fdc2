"""Functions over arrays, maps and structs, and those that take lambdas."""

from __future__ import annotations

SCALARS = """
array (T*) -> array<T>
size, cardinality (array<any>|map<any,any>) -> int
array_size (array<any>) -> int
element_at (array<T>!, int!) -> T
element_at (map<K,V>!, K) -> V
try_element_at (array<T>!, int!) -> T
try_element_at (map<K,V>!, K) -> V
get (array<T>!, int) -> T
array_contains (array<W>!, W!) -> boolean
array_position (array<E>!, E) -> bigint
array_append (array<E>!, E) -> array<E>
array_prepend (array<E>!, E) -> array<E>
array_insert (array<E>!, int!, E) -> array<E>
array_remove (array<E>!, E) -> array<E>
array_compact (array<T>) -> array<T>
array_distinct (array<comparable>) -> @first
array_union (array<E>!, array<E>!) -> array<E>
array_intersect (array<E>!, array<E>!) -> array<E>
array_except (array<E>!, array<E>!) -> array<E>
arrays_overlap (array<E>!, array<E>!) -> boolean
array_join (array<string>, string, string?) -> string
array_max (array<orderable>) -> @element
array_min (array<orderable>) -> @element
array_repeat (T, int) -> array<T>
array_sort (array<orderable>!) -> @first
array_sort (array<T>!, fn(T,T):int) -> array<T>
sort_array (array<orderable>, boolean?) -> @first
shuffle (array<T>, bigint?) -> array<T>
slice (array<T>, int, int) -> array<T>
flatten (array<array<T>>!) -> array<T>
sequence (I, I, I?) -> array<I>
sequence (T, T, interval?) -> @array_of_times
transform (array<T>!, fn(T,int):U) -> array<U>
filter (array<T>!, fn(T,int):boolean) -> array<T>
exists (array<T>!, fn(T):boolean) -> boolean
forall (array<T>!, fn(T):boolean) -> boolean
aggregate, reduce (array<T>, A, fn(A,T):any) -> @folded
aggregate, reduce (array<T>, A, fn(A,T):any, fn(A):R) -> @folded
zip_with (array<T>, array<U>, fn(T,U):R) -> array<R>
map_keys (map<K,V>) -> array<K>
map_values (map<K,V>) -> array<V>
map_entries (map<K,V>) -> @map_entries
map_contains_key (map<E,V>!, E!) -> boolean
map_from_arrays (array<K>, array<V>) -> map<K,V>
map_from_entries (array<struct>!) -> @map_from_entries
map_filter (map<K,V>, fn(K,V):boolean) -> map<K,V>
transform_keys (map<K,V>, fn(K,V):R) -> map<R,V>
transform_values (map<K,V>, fn(K,V):R) -> map<K,R>
map_zip_with (map<K,V>, map<K,W>, fn(K,V,W):R) -> map<K,R>
str_to_map (string, string?, string?) -> map<string,string>
"""

VOLATILE = frozenset({"shuffle"})
