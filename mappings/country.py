"""Countries: ISO 3166-1 codes and the English names that people type."""

from __future__ import annotations

__all__ = ["ALPHA2", "country_code"]

_TABLE = """
AD AND Andorra|AE ARE United Arab Emirates;UAE|AF AFG Afghanistan|AG ATG Antigua and Barbuda
AI AIA Anguilla|AL ALB Albania|AM ARM Armenia|AO AGO Angola|AQ ATA Antarctica|AR ARG Argentina
AS ASM American Samoa|AT AUT Austria;Österreich|AU AUS Australia|AW ABW Aruba|AX ALA Åland Islands
AZ AZE Azerbaijan|BA BIH Bosnia and Herzegovina|BB BRB Barbados|BD BGD Bangladesh
BE BEL Belgium;België;Belgique|BF BFA Burkina Faso|BG BGR Bulgaria|BH BHR Bahrain|BI BDI Burundi
BJ BEN Benin|BL BLM Saint Barthélemy|BM BMU Bermuda|BN BRN Brunei;Brunei Darussalam
BO BOL Bolivia;Bolivia (Plurinational State of)|BQ BES Bonaire, Sint Eustatius and Saba
BR BRA Brazil;Brasil|BS BHS Bahamas;The Bahamas|BT BTN Bhutan|BV BVT Bouvet Island|BW BWA Botswana
BY BLR Belarus|BZ BLZ Belize|CA CAN Canada|CC CCK Cocos (Keeling) Islands;Cocos Islands
CD COD Congo, Democratic Republic of the;Democratic Republic of the Congo;DR Congo
CF CAF Central African Republic|CG COG Congo;Republic of the Congo|CH CHE Switzerland;Schweiz;Suisse
CI CIV Côte d'Ivoire;Ivory Coast|CK COK Cook Islands|CL CHL Chile|CM CMR Cameroon|CN CHN China
CO COL Colombia|CR CRI Costa Rica|CU CUB Cuba|CV CPV Cabo Verde;Cape Verde|CW CUW Curaçao
CX CXR Christmas Island|CY CYP Cyprus|CZ CZE Czechia;Czech Republic|DE DEU Germany;Deutschland
DJ DJI Djibouti|DK DNK Denmark;Danmark|DM DMA Dominica|DO DOM Dominican Republic|DZ DZA Algeria
EC ECU Ecuador|EE EST Estonia|EG EGY Egypt|EH ESH Western Sahara|ER ERI Eritrea
ES ESP Spain;España|ET ETH Ethiopia|FI FIN Finland;Suomi|FJ FJI Fiji
FK FLK Falkland Islands;Falkland Islands (Malvinas)|FM FSM Micronesia
FO FRO Faroe Islands|FR FRA France|GA GAB Gabon
GB GBR United Kingdom;Great Britain;UK;England;Scotland;Wales;Northern Ireland
GB GBR United Kingdom of Great Britain and Northern Ireland|GD GRD Grenada|GE GEO Georgia
GF GUF French Guiana|GG GGY Guernsey|GH GHA Ghana|GI GIB Gibraltar|GL GRL Greenland|GM GMB Gambia
GN GIN Guinea|GP GLP Guadeloupe|GQ GNQ Equatorial Guinea|GR GRC Greece
GS SGS South Georgia and the South Sandwich Islands|GT GTM Guatemala|GU GUM Guam
GW GNB Guinea-Bissau|GY GUY Guyana|HK HKG Hong Kong|HM HMD Heard Island and McDonald Islands
HN HND Honduras|HR HRV Croatia|HT HTI Haiti|HU HUN Hungary|ID IDN Indonesia|IE IRL Ireland;Éire
IL ISR Israel|IM IMN Isle of Man|IN IND India|IO IOT British Indian Ocean Territory|IQ IRQ Iraq
IR IRN Iran;Iran (Islamic Republic of)|IS ISL Iceland|IT ITA Italy;Italia|JE JEY Jersey
JM JAM Jamaica|JO JOR Jordan|JP JPN Japan|KE KEN Kenya|KG KGZ Kyrgyzstan|KH KHM Cambodia
KI KIR Kiribati|KM COM Comoros|KN KNA Saint Kitts and Nevis;St. Kitts and Nevis
KP PRK North Korea;Korea (Democratic People's Republic of)
KR KOR South Korea;Korea, Republic of;Republic of Korea|KW KWT Kuwait|KY CYM Cayman Islands
KZ KAZ Kazakhstan|LA LAO Laos;Lao People's Democratic Republic|LB LBN Lebanon
LC LCA Saint Lucia;St. Lucia|LI LIE Liechtenstein|LK LKA Sri Lanka|LR LBR Liberia|LS LSO Lesotho
LT LTU Lithuania|LU LUX Luxembourg|LV LVA Latvia|LY LBY Libya|MA MAR Morocco|MC MCO Monaco
MD MDA Moldova;Moldova, Republic of|ME MNE Montenegro|MF MAF Saint Martin|MG MDG Madagascar
MH MHL Marshall Islands|MK MKD North Macedonia;Macedonia|ML MLI Mali|MM MMR Myanmar;Burma
MN MNG Mongolia|MO MAC Macao;Macau|MP MNP Northern Mariana Islands|MQ MTQ Martinique
MR MRT Mauritania|MS MSR Montserrat|MT MLT Malta|MU MUS Mauritius|MV MDV Maldives|MW MWI Malawi
MX MEX Mexico;México|MY MYS Malaysia|MZ MOZ Mozambique|NA NAM Namibia|NC NCL New Caledonia
NE NER Niger|NF NFK Norfolk Island|NG NGA Nigeria|NI NIC Nicaragua
NL NLD Netherlands;The Netherlands;Nederland;Holland|NO NOR Norway;Norge|NP NPL Nepal|NR NRU Nauru
NU NIU Niue|NZ NZL New Zealand|OM OMN Oman|PA PAN Panama|PE PER Peru|PF PYF French Polynesia
PG PNG Papua New Guinea|PH PHL Philippines;The Philippines|PK PAK Pakistan|PL POL Poland;Polska
PM SPM Saint Pierre and Miquelon|PN PCN Pitcairn|PR PRI Puerto Rico
PS PSE Palestine;Palestine, State of;State of Palestine|PT PRT Portugal|PW PLW Palau
PY PRY Paraguay|QA QAT Qatar|RE REU Réunion|RO ROU Romania|RS SRB Serbia
RU RUS Russia;Russian Federation|RW RWA Rwanda|SA SAU Saudi Arabia|SB SLB Solomon Islands
SC SYC Seychelles|SD SDN Sudan|SE SWE Sweden;Sverige|SG SGP Singapore
SH SHN Saint Helena, Ascension and Tristan da Cunha;Saint Helena|SI SVN Slovenia
SJ SJM Svalbard and Jan Mayen|SK SVK Slovakia|SL SLE Sierra Leone|SM SMR San Marino|SN SEN Senegal
SO SOM Somalia|SR SUR Suriname|SS SSD South Sudan|ST STP Sao Tome and Principe|SV SLV El Salvador
SX SXM Sint Maarten|SY SYR Syria;Syrian Arab Republic|SZ SWZ Eswatini;Swaziland
TC TCA Turks and Caicos Islands|TD TCD Chad|TF ATF French Southern Territories|TG TGO Togo
TH THA Thailand|TJ TJK Tajikistan|TK TKL Tokelau|TL TLS Timor-Leste;East Timor|TM TKM Turkmenistan
TN TUN Tunisia|TO TON Tonga|TR TUR Turkey;Türkiye;Turkiye|TT TTO Trinidad and Tobago|TV TUV Tuvalu
TW TWN Taiwan;Taiwan, Province of China|TZ TZA Tanzania;Tanzania, United Republic of
UA UKR Ukraine|UG UGA Uganda|UM UMI United States Minor Outlying Islands
US USA United States;United States of America;U.S.A.;U.S.|UY URY Uruguay|UZ UZB Uzbekistan
VA VAT Holy See;Vatican City|VC VCT Saint Vincent and the Grenadines
VE VEN Venezuela;Venezuela (Bolivarian Republic of)|VG VGB Virgin Islands (British)
VG VGB British Virgin Islands|VI VIR Virgin Islands (U.S.);U.S. Virgin Islands
VN VNM Vietnam;Viet Nam|VU VUT Vanuatu|WF WLF Wallis and Futuna|WS WSM Samoa|YE YEM Yemen
YT MYT Mayotte|ZA ZAF South Africa|ZM ZMB Zambia|ZW ZWE Zimbabwe
"""


def _entries() -> list[tuple[str, str, str]]:
    rows = (row.split(" ", 2) for line in _TABLE.strip().splitlines() for row in line.split("|"))
    return [(two, three, names) for two, three, names in rows]


ALPHA2: frozenset[str] = frozenset(two for two, _, _ in _entries())
"""All 249 officially assigned two-letter codes."""

_WORDS: dict[str, str] = {
    word.casefold(): two
    for two, three, names in _entries()
    for word in (two, three, *names.split(";"))
}


def country_code(text: str) -> str | None:
    """The two-letter code of a code or an English name in any case; None where it is not known."""
    return _WORDS.get(" ".join(text.split()).casefold())
