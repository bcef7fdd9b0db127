"""Sectors as they are packed: what a reader of single ones finds."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from workers.campaign.sectors import gather, parts_of, seats_in, unpack

_UNIT = st.text("ABDE", min_size=2, max_size=2)
_GSS = st.sampled_from(["E14000530", "E14000531", "W07000041"])
_ENDED = st.sampled_from(["", "1996-06", "2019-12", "2005-01"])


@given(st.lists(st.tuples(_UNIT, _GSS, _ENDED), min_size=1, max_size=40))
def test_one_postcode_is_found_in_a_packed_sector_as_in_all_of_it(rows: list[tuple[str, str, str]]):
    """The web process looks into single sectors by itself: it must find what the ledger's script and the whole give."""
    (sector,) = gather(("AB12 5" + unit, "", gss, ended) for unit, gss, ended in rows)[""].packed()
    whole = unpack(sector[1].value)
    for unit in {row[0] for row in rows} | {"ZZ"}:
        seats = whole.get(unit, frozenset())
        live = {seat for seat in seats if len(seat) == 9}
        expected = live or {seat[:9] for seat in seats}
        assert set(seats_in(parts_of(sector[1].value), unit)) == expected
