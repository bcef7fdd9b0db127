"""``mobilise places import`` of a nation: the directory as it is published, whole, broken, or not clear."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest

from tests.support.directory import directory, postcode_of
from workers.campaign.sectors import Place
from workers.store import Store


def zipped(**members: str) -> bytes:
    """A zip of these texts; "__" in a name is a folder."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name.replace("__", "/") + ".csv" * ("." not in name), text)
    return out.getvalue()


PLACES = "pcds,doterm,pcon\nM1 1AB,,E14001063\nM1 1AD,199606,E14001063\n"


def test_the_directory_is_taken_as_the_zip_it_comes_in(mobilise, import_text, store: Store):
    """It holds the whole, the same in pieces, and names of areas that are no places; which was taken is said."""
    names = {"Documents__pcon names": "PCON24CD,PCON24NM\nE14001063,Aldershot\n", "Data__multi_csv__ONSPD_M": PLACES}
    status, report = import_text(zipped(**names, Data__ONSPD_UK=PLACES))
    assert (status, report["member"], report["generations"]) == (0, "Data/ONSPD_UK.csv", {"2024": 2})
    assert store.places.known()["2024"].file == "Data/ONSPD_UK.csv"
    status, out, _ = mobilise("places", "find", "M1 1AD")
    assert (status, "E14001063, terminated since 1996-06" in out) == (0, True)


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (zipped(**{f"Data__part_{n}": PLACES for n in range(10)}), "10 files of places (Data/part_0.csv, "),
        (zipped(Documents__names="PCON24CD,PCON24NM\nE14001063,Aldershot\n"), "none of the 1 CSV files"),
        (zipped(Data__ONSPD=PLACES)[:-30], "not whole"),
        (zipped(Data__ONSPD=PLACES * 99).replace(b"\x00\x00\x08\x00", b"\x00\x00\x63\x00"), "unpack it"),
        (zipped(**{"[Content_Types].xml": ""}), "spreadsheet"),
        ((PLACES + "M1 1AE,,E14").encode(), "breaks off in its last row (4)"),
        ((PLACES + "M1 1AE,").encode(), "breaks off in its last row (4)"),
        ((PLACES + '"M1 1AE').encode(), "breaks off in its last row (4)"),
        ((PLACES + "M1 1AE,,E14000530\n").encode(), "codes of 2010 and of 2024"),
        (PLACES.encode("utf-16-be"), "no column of postcodes"),
        (PLACES.replace("pcds", "pcon24cd").encode(), "no column of postcodes"),
    ],
)
def test_a_directory_that_is_not_whole_or_not_clear_changes_nothing(import_text, store: Store, raw: bytes, says: str):
    """Half a nation is worse than last year's: it is said what is wrong, and what to do."""
    import_text("postcode,gss\nM1 1AB,E14000530\n")
    status, error = import_text(raw)
    assert (status, says in error) == (1, True), error
    assert store.places.find("M1 1AB") == {"2010": Place(("E14000530",))}
    assert store.places.known().keys() == {"2010"}


def test_a_zip_that_was_altered_on_its_way_changes_nothing(import_text, store: Store):
    """Its checksum tells, at the very end."""
    raw = bytearray(zipped(Data__ONSPD=PLACES * 5000))
    raw[len(raw) // 3] ^= 1
    status, error = import_text(bytes(raw))
    assert (status, "broken or not whole" in error, store.places.known()) == (1, True, {})


def test_one_file_of_many_can_be_named(mobilise, tmp_path: Path, store: Store):
    """Where a zip has several, the operator says which."""
    path = tmp_path / "places.zip"
    path.write_bytes(zipped(a=PLACES, b=PLACES + "M1 1AE,,E14001064\n"))
    assert mobilise("places", "import", path, "--member", "b.csv")[0] == 0
    assert store.places.known()["2024"].postcodes == 3
    assert "no CSV of that name" in mobilise("places", "import", path, "--member", "c.csv")[2]


def test_an_import_tells_what_changes_and_a_dry_run_changes_nothing(mobilise, tmp_path: Path, store: Store):
    """Rows that are no mistake are counted by their reason; the same file again changes nothing."""
    path = tmp_path / "places.csv"
    path.write_text(PLACES)
    mobilise("places", "import", path)
    path.write_text(
        "pcds,doterm,pcon\nM1 1AB,199606,E14001063\nM1 1AE,,E14001063\nM1 1AE,,E14001064\nJE2 3AB,,L99999999\n"
        "M1 1AF,,\nGIR 0AA,,E14001063\nM1 1AG,996,E14001063\n"
    )
    status, out, _ = mobilise("places", "import", path, "--dry-run")
    assert (status, "would be 1 new, 1 gone, 1 changed" in out) == (3, True)
    assert "2 postcodes for the boundaries of 2024 (told by the codes), 1 of them terminated" in out
    assert "row 8: doterm: not a month" in out
    assert "1 rows left out: in a crown dependency" in out
    assert store.places.find("M1 1AB") == {"2024": Place(("E14001063",))}
    assert "1 new, 1 gone, 1 changed" in mobilise("places", "import", path)[1]
    assert store.places.find("M1 1AE") == {"2024": Place(("E14001063", "E14001064"))}
    assert "nothing changes" in mobilise("places", "import", path)[1]


def test_the_boundaries_can_be_told(mobilise, tmp_path: Path, store: Store):
    """Where neither the column nor its codes tell, or where only one of several columns is meant."""
    path = tmp_path / "places.csv"
    path.write_text("pcds,gss\nM1 1AB,E14999001\n")
    mobilise("places", "import", path, "--generation", "2031")
    path.write_text("pcds,pcon10cd,pcon24cd\nM1 1AB,E14000530,E14001063\n")
    mobilise("places", "import", path, "--generation", "2024")
    assert store.places.find("M1 1AB") == {"2024": Place(("E14001063",)), "2031": Place(("E14999001",))}
    assert "none for 2031" in mobilise("places", "import", path, "--generation", "2031")[2]
    assert mobilise("places", "import", path, "--generation", "next")[0] == 2


def test_the_invented_directory_imports_like_the_real_one(mobilise, tmp_path: Path, store: Store):
    """The bench imports it at full size."""
    path = tmp_path / "ONSPD.csv"
    path.write_bytes(b"".join(directory(5000)))
    status, out, _ = mobilise("places", "import", path, "--json")
    report = json.loads(out)
    assert (status, report["generations"], report["in_no_constituency"]) == (0, {"2024": 4990}, 10)
    assert 1500 < report["changes"]["2024"]["terminated"] < 1800
    assert store.places.find(postcode_of(4999))


def test_half_a_directory_is_not_taken_for_a_new_one(mobilise, tmp_path: Path, store: Store):
    """Cut between two rows, a file looks whole: it must be meant."""
    path = tmp_path / "ONSPD.csv"
    lines = list(directory(2000))
    path.write_bytes(b"".join(lines))
    mobilise("places", "import", path)
    path.write_bytes(b"".join(lines[:1300]))
    status, _, err = mobilise("places", "import", path)
    assert (status, "700 of 1,996 known postcodes are not in it" in err) == (1, True)
    assert store.places.known()["2024"].postcodes == 1996
    assert mobilise("places", "import", path, "--yes")[0] == 0
    assert store.places.known()["2024"].postcodes == 1296
