"""Code tables by printer family: what ``ESC t n`` selects, as Python codecs. From the manufacturers' lists, apart from the profiles."""

from __future__ import annotations

from collections.abc import Mapping

_EPSON_OLD = {0: "cp437", 2: "cp850", 16: "cp1252"}

TABLES: Mapping[str, Mapping[int, str]] = {
    "epson": {**_EPSON_OLD, 18: "cp852", 19: "cp858", 39: "iso8859_2", 45: "cp1250"},
    "epson-t88ii": {**_EPSON_OLD, 18: "cp852", 39: "iso8859_2", 45: "cp1250"},
    "epson-t88iii": {**_EPSON_OLD, 19: "cp858"},
    "epson-t88iv": {**_EPSON_OLD, 18: "cp852", 19: "cp858"},
    "epson-u220": {0: "cp437"},
    "bixolon": {**_EPSON_OLD, 18: "cp852", 19: "cp858", 47: "cp1250"},
    "bixolon-legacy": {0: "cp437", 2: "cp850", 19: "cp858"},
    "citizen": {0: "cp437", 2: "cp850", 6: "cp852", 9: "cp1252", 16: "cp1252", 18: "cp852", 19: "cp858"},
    "star": {**_EPSON_OLD, 18: "cp852", 19: "cp858"},
    "xprinter": {**_EPSON_OLD, 18: "cp852", 19: "cp858"},
    "pos": {**_EPSON_OLD, 18: "cp852", 19: "cp858", 53: "cp858", 54: "cp852", 71: "cp1252", 72: "cp1250"},
    "rongta": {**_EPSON_OLD, 18: "cp852", 19: "cp858", 30: "cp1250", 36: "iso8859_2"},
    "wincor": {0: "cp437", 1: "cp850", 2: "cp852", 6: "cp858", 8: "cp1252", 17: "cp1250"},
    "kefar": {0: "cp437", 2: "cp850", 11: "cp1252", 13: "cp852", 14: "cp858", 50: "cp1250"},
}
