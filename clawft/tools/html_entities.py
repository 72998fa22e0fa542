"""Turns the entities of HTML text into characters: all numbers, and the names that pages really use."""

from __future__ import annotations

# Latin-1's names in order, from U+00A0; they count without a semicolon too.
_LATIN_1 = """nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2
sup3 acute
micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil
Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave
Uacute
Ucirc Uuml Yacute THORN szlig agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml igrave
iacute
icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute thorn yuml"""
_GREEK = """alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigmaf sigma tau
upsilon phi chi psi omega"""
_OTHERS = {
    "AMP": "&", "GT": ">", "LT": "<", "QUOT": '"', "amp": "&", "apos": "'", "gt": ">", "lt": "<", "quot": '"',
    "Delta": "\u0394", "Omega": "\u03a9", "Sigma": "\u03a3", "OElig": "\u0152", "oelig": "\u0153", "Scaron": "\u0160",
    "scaron": "\u0161", "Yuml": "\u0178", "fnof": "\u0192", "circ": "\u02c6", "tilde": "\u02dc", "ensp": "\u2002",
    "emsp": "\u2003", "thinsp": "\u2009", "zwnj": "\u200c", "zwj": "\u200d", "lrm": "\u200e", "rlm": "\u200f",
    "ndash": "\u2013", "mdash": "\u2014", "horbar": "\u2015", "lsquo": "\u2018", "rsquo": "\u2019", "sbquo": "\u201a",
    "ldquo": "\u201c", "rdquo": "\u201d", "bdquo": "\u201e", "dagger": "\u2020", "Dagger": "\u2021", "bull": "\u2022",
    "hellip": "\u2026", "permil": "\u2030", "prime": "\u2032", "Prime": "\u2033", "lsaquo": "\u2039",
    "rsaquo": "\u203a",
    "oline": "\u203e", "frasl": "\u2044", "euro": "\u20ac", "trade": "\u2122", "larr": "\u2190", "uarr": "\u2191",
    "rarr": "\u2192", "darr": "\u2193", "harr": "\u2194", "lArr": "\u21d0", "rArr": "\u21d2", "hArr": "\u21d4",
    "forall": "\u2200", "part": "\u2202", "exist": "\u2203", "empty": "\u2205", "isin": "\u2208", "ni": "\u220b",
    "prod": "\u220f", "sum": "\u2211", "minus": "\u2212", "radic": "\u221a", "infin": "\u221e", "cap": "\u2229",
    "cup": "\u222a", "int": "\u222b", "asymp": "\u2248", "ne": "\u2260", "equiv": "\u2261", "le": "\u2264",
    "ge": "\u2265",
    "sub": "\u2282", "sup": "\u2283", "loz": "\u25ca", "check": "\u2713", "star": "\u2606", "lbrace": "{",
    "rbrace": "}",
    "lbrack": "[", "rbrack": "]", "lpar": "(", "rpar": ")", "num": "#", "dollar": "$", "percnt": "%", "ast": "*",
    "plus": "+", "comma": ",", "period": ".", "sol": "/", "colon": ":", "semi": ";", "equals": "=", "quest": "?",
    "commat": "@", "bsol": "\\", "lowbar": "_", "grave": "`", "verbar": "|", "excl": "!", "Tab": "\t",
    "NewLine": "\n",
}  # fmt: skip
_WITHOUT_SEMICOLON = ("amp", "gt", "lt", "quot", "AMP", "GT", "LT", "QUOT")
# The C1 numbers mean what Windows-1252 has there; the five that it leaves open stay as they are.
WINDOWS_1252 = (
    "\u20ac\x81\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\x8d\u017d\x8f"
    "\x90\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\x9d\u017e\u0178"
)
_LONGEST = 10
_LATIN_1_FIRST = 0xA0
_GREEK_FIRST = 0x3B1
_DIGITS = "0123456789"
_HEX = "0123456789abcdefABCDEF"


class Entities:
    """The table, made once for a page."""

    def __init__(self) -> None:
        self._latin_1 = {name: chr(_LATIN_1_FIRST + index) for index, name in enumerate(_LATIN_1.split())}
        self._others = {name: chr(_GREEK_FIRST + index) for index, name in enumerate(_GREEK.split())}
        self._others.update(_OTHERS)

    def decoded(self, text: str) -> str:
        """The text with its entities as characters; what is no entity that we know stays as it is."""
        if "&" not in text:
            return text
        pieces = text.split("&")
        found = [pieces[0]]
        for piece in pieces[1:]:
            if piece.startswith("#"):
                found.append(_numbered(piece))
            else:
                found.append(self._named(piece))
        return "".join(found)

    def _named(self, piece: str) -> str:
        end = 0
        for character in piece[:_LONGEST]:
            if not ("a" <= character <= "z" or "A" <= character <= "Z" or "0" <= character <= "9"):
                break
            end += 1
        name = piece[:end]
        has_semicolon = piece[end : end + 1] == ";"
        character = self._latin_1.get(name, "")
        if not character and (has_semicolon or name in _WITHOUT_SEMICOLON):
            character = self._others.get(name, "")
        # `?a=b&copy=1` is an address and not a sign
        if not character or (not has_semicolon and piece[end : end + 1] == "="):
            return "&" + piece
        return character + piece[end + (1 if has_semicolon else 0) :]


def _numbered(piece: str) -> str:
    start, digits, base = 1, _DIGITS, 10
    if piece[1:2] in ("x", "X"):
        start, digits, base = 2, _HEX, 16
    at = start
    for character in piece[start:]:
        if character not in digits:
            break
        at += 1
    if at == start:
        return "&" + piece
    code = int(piece[start:at], base) if at - start <= 16 else 0x110000  # noqa: PLR2004 - no character has as many
    rest = piece[at + (1 if piece[at : at + 1] == ";" else 0) :]
    if 0x80 <= code < 0xA0:  # noqa: PLR2004 - C1
        return WINDOWS_1252[code - 0x80] + rest
    if code == 0 or code > 0x10FFFF or 0xD800 <= code < 0xE000:  # noqa: PLR2004 - Unicode's own figures
        return "\ufffd" + rest
    return chr(code) + rest
