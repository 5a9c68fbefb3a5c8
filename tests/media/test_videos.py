"""Videos stay byte for byte what they were, except for where they were filmed."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.blueprints.media import videos
from app.core.errors import Invalid

from . import films, pictures


def cleansed(data: bytes, folder: Path) -> tuple[videos.Video, bytes]:
    path = folder / "film"
    path.write_bytes(data)
    told = videos.cleanse(path)
    return told, path.read_bytes()


def refusal(data: bytes, folder: Path) -> str:
    (folder / "film").write_bytes(data)
    with pytest.raises(Invalid) as invalid:
        videos.cleanse(folder / "film")
    return invalid.value.fields["file"]


HIDDEN = (films.PLACE, b"PLANTED-PLACE", b"39.904", b"location.ISO6709", b"GPS")


@pytest.mark.parametrize("moov_first", [False, True])
@pytest.mark.parametrize("brand", [b"isom", b"mp42", b"qt  "])
@pytest.mark.parametrize("pcm", [False, True])
def test_no_place_remains_and_nothing_moves(
    moov_first: bool, brand: bytes, pcm: bool, tmp_path: Path
) -> None:
    data = films.film(brand, moov_first=moov_first, pcm=pcm)
    assert all(words in data for words in HIDDEN)
    told, after = cleansed(data, tmp_path)
    assert [words for words in HIDDEN if words in after] == []
    assert len(after) == len(data)
    for sample in films.PICTURES + films.SOUNDS:
        assert after.index(sample) == data.index(sample)
    assert (told.duration_seconds, told.width, told.height) == (12, 1920, 1080)
    assert told.content_type == ("video/quicktime" if brand == b"qt  " else "video/mp4")


def test_what_changed_is_only_what_had_to_go(tmp_path: Path) -> None:
    """Every byte that differs became zero or a part of the word `free`."""
    data = films.film()
    _, after = cleansed(data, tmp_path)
    changed = [new for old, new in zip(data, after, strict=True) if old != new]
    assert set(changed) <= set(b"\0free")


def test_cleansing_twice_changes_nothing(tmp_path: Path) -> None:
    _, once = cleansed(films.film(), tmp_path)
    _, twice = cleansed(once, tmp_path)
    assert once == twice


def test_a_video_held_upright_is_told_so(tmp_path: Path) -> None:
    told, _ = cleansed(films.film(matrix=films.QUARTER), tmp_path)
    assert (told.width, told.height) == (1080, 1920)


@pytest.mark.parametrize("trailer", [b"SEFHe maker's PLANTED-PLACE trailer", b"\0\0\0", pictures.HTML])
def test_what_stands_behind_the_last_box_goes(trailer: bytes, tmp_path: Path) -> None:
    _, after = cleansed(films.film(more=trailer), tmp_path)
    assert len(after) == len(films.film())


def fragmented(*, hidden: bool) -> bytes:
    """As a browser records: an index without samples, then fragments."""
    tracks = [films.track(b"vide", [], width=640, height=480, extra=films.udta())]
    if hidden:
        tracks.append(films.track(b"meta", []))
    moov = films.box(b"moov", films.mvhd(0), *tracks, films.box(b"mvex", films.full(b"trex", bytes(20))))
    traf = films.box(b"traf", films.full(b"tfhd", bytes(4)), films.udta())
    moof = films.box(b"moof", films.full(b"mfhd", bytes(4)), traf, films.box(b"uuid", b"PLANTED-PLACE GPS"))
    return films.ftyp(b"iso5") + moov + moof + films.box(b"mdat", films.PICTURES[0])


def test_a_browsers_recording_is_taken(tmp_path: Path) -> None:
    told, after = cleansed(fragmented(hidden=False), tmp_path)
    assert told.duration_seconds is None
    assert films.PICTURES[0] in after
    assert [words for words in HIDDEN if words in after] == []


def test_a_hidden_track_in_fragments_is_refused(tmp_path: Path) -> None:
    assert refusal(fragmented(hidden=True), tmp_path) == videos.HIDDEN_TRACK


@pytest.mark.parametrize("keep", [0.3, 0.6, 0.95])
@pytest.mark.parametrize("moov_first", [False, True])
def test_a_cut_video_is_refused(keep: float, moov_first: bool, tmp_path: Path) -> None:
    data = films.film(moov_first=moov_first)
    assert refusal(data[: int(len(data) * keep)], tmp_path) in (videos.CUT_SHORT, videos.NOT_A_VIDEO)


def test_a_video_cut_in_its_data_is_named_so(tmp_path: Path) -> None:
    data = films.film(moov_first=True)
    assert refusal(data[:-1000], tmp_path) == videos.CUT_SHORT


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(films.ftyp(b"qt  ") + pictures.HTML, id="mov head on html"),
        pytest.param(films.ftyp() + films.box(b"mdat", pictures.HTML), id="no index"),
        pytest.param(films.ftyp() + films.box(b"moov", films.mvhd()) + films.box(b"mdat"), id="no track"),
        pytest.param(
            films.ftyp() + films.box(b"moov", films.track(b"soun", [])) + films.box(b"mdat"), id="sound only"
        ),
        pytest.param(films.ftyp(), id="head only"),
        pytest.param(b"", id="empty"),
        pytest.param(films.film()[8:], id="no head"),
        pytest.param(films.film() + films.box(b"moov", films.mvhd()), id="two indexes"),
        pytest.param(films.ftyp() + films.box(b"free") * 30_000, id="endless boxes"),
        pytest.param(films.ftyp() + films.box(b"moov", films.box(b"free") * 30_000), id="endless children"),
    ],
)  # fmt: skip
def test_what_is_no_video_is_refused(data: bytes, tmp_path: Path) -> None:
    assert refusal(data, tmp_path) == videos.NOT_A_VIDEO


@pytest.mark.parametrize("table", [b"stsz", b"stco", b"stsc"])
def test_a_table_that_claims_millions_is_refused(table: bytes, tmp_path: Path) -> None:
    data = bytearray(films.film())
    at = data.index(table) + (12 if table == b"stsz" else 8)
    data[at : at + 4] = b"\xff\xff\xff\xff"
    assert refusal(bytes(data), tmp_path) == videos.NOT_A_VIDEO
