"""Generators: functions that give rows; their type is the struct of the columns they give."""

from __future__ import annotations

GENERATORS = """
explode (array<any>|map<any,any>!) -> @exploded
explode_outer (array<any>|map<any,any>!) -> @exploded
posexplode (array<any>|map<any,any>!) -> @posexploded
posexplode_outer (array<any>|map<any,any>!) -> @posexploded
inline (array<struct>!) -> @inlined
inline_outer (array<struct>!) -> @inlined
json_tuple (string, string+) -> @json_tuple
variant_explode (variant) -> struct<pos:int,key:string,value:variant>
variant_explode_outer (variant) -> struct<pos:int,key:string,value:variant>
"""
