"""Parts of the world, to say where a corpus has few examples."""

from __future__ import annotations

_REGIONS = {
    "Europe": """AD AL AT AX BA BE BG BY CH CY CZ DE DK EE ES FI FO FR GB GG GI GR HR HU IE IM IS IT JE LI LT LU LV MC
        MD ME MK MT NL NO PL PT RO RS RU SE SI SJ SK SM UA VA XK DD SU YU CS""",
    "Middle East": "AE BH IL IQ IR JO KW LB OM PS QA SA SY TR YE",
    "Asia": """AF AM AZ BD BN BT CN GE HK ID IN JP KG KH KP KR KZ LA LK MM MN MO MV MY NP PH PK SG TH TJ TL TM TW UZ
        VN""",
    "Africa": """AO BF BI BJ BW CD CF CG CI CM CV DJ DZ EG EH ER ET GA GH GM GN GQ GW KE KM LR LS LY MA MG ML MR MU MW
        MZ NA NE NG RE RW SC SD SH SL SN SO SS ST SZ TD TG TN TZ UG YT ZA ZM ZW""",
    "Latin America": """AG AI AR AW BB BL BO BQ BR BS BZ CL CO CR CU CW DM DO EC FK GD GF GP GT GY HN HT JM KN KY LC
        MF MQ MS MX NI PA PE PR PY SR SV SX TC TT UY VC VE VG VI""",
    "North America": "BM CA GL PM US",
    "Oceania": "AS AU CK FJ FM GU KI MH MP NC NF NR NU NZ PF PG PN PW SB TK TO TV UM VU WF WS",
}
_OF_COUNTRY = {country: region for region, countries in _REGIONS.items() for country in countries.split()}


def region_of(country: str) -> str:
    """The part of the world of an ISO 3166 alpha-2 code (of some states that are no more, too); "" if unknown."""
    return _OF_COUNTRY.get(country.upper(), "")
