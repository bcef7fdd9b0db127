"""An invented postcode directory in the layout of the statistics office's, of any size and the same each time."""

from __future__ import annotations

import random
from collections.abc import Iterator

from workers.campaign.postcodes import AREAS, LETTERS

#: The columns of the directory of 2023: the one with the codes of constituencies does not tell its year.
COLUMNS = (
    "pcd,pcd2,pcds,dointr,doterm,oscty,ced,oslaua,osward,parish,usertype,oseast1m,osnrth1m,osgrdind,oshlthau,nhser,"
    "ctry,rgn,streg,pcon,eer,teclec,ttwa,pct,itl,statsward,oa01,casward,park,lsoa01,msoa01,ur01ind,oac01,oa11,lsoa11,"
    "msoa11,wz11,sicbl,bua11,buasd11,ru11ind,oac11,lat,long,lep1,lep2,pfa,imd,calncv,icb,oa21,lsoa21,msoa21"
)
_NATIONAL = 2_700_000
_UNITS = [a + b for a in LETTERS for b in LETTERS]
#: Sectors are as full as real ones; each area has 100 of them, so that all areas together have a nation's postcodes.
_IN_SECTOR = _NATIONAL // (len(AREAS) * 100) + 1
_SEATS = 543
_BEFORE = '"E10000000","E58000000","E07000000","E05000000","E04000000","0","500000","0200000","1","E18000000"'
_BEFORE += ',"E40000000","E92000001","E12000000","0"'
_AFTER = '"E15000000","E24000000","E30000000","E16000000","E05000000","99ZZ00","E00000000","99ZZ00","E65000000"'
_AFTER += ',"E01000000","E02000000","5","3C2","E00000000","E01000000","E02000000","E33000000","E38000000","E34999999"'
_AFTER += ',"E35999999","C1","7C2",51.500000,-0.100000,"E37000000","","E23000000",12345,"E56000000","E54000000"'
_AFTER += ',"E00000000","E01000000","E02000000"'


def directory(rows: int) -> Iterator[bytes]:
    """The lines, header first: a third terminated, some in no constituency."""
    chance = random.Random(2024)
    yield f"{COLUMNS}\r\n".encode()
    for number in range(rows):
        yield _line(postcode_of(number), number, chance)


def postcode_of(number: int) -> str:
    """The postcode of one row, from 0: they are in order."""
    sector, unit = divmod(number, _IN_SECTOR)
    area, district = divmod(sector, 100)
    return f"{AREAS[area]}{district // 10 + 1} {district % 10}{_UNITS[unit]}"


def is_nowhere(number: int) -> bool:
    """Whether a row is in no constituency."""
    return number % 500 == 0


def _line(postcode: str, number: int, chance: random.Random) -> bytes:
    outward, _, inward = postcode.partition(" ")
    seat = number * _SEATS // _NATIONAL
    ended = f"{chance.randrange(1980, 2025)}{chance.randrange(1, 13):02}" if chance.random() < 1 / 3 else ""
    pcon = f"E1400{1063 + (seat + (chance.random() < 0.2)) % _SEATS}"
    if is_nowhere(number):
        pcon = "L99999999" if number % 1000 else ""
    names = f'"{outward:4}{inward}","{outward:4} {inward}","{postcode}"'
    return f'{names},"197901","{ended}",{_BEFORE},"{pcon}",{_AFTER}\r\n'.encode()
