"""``cim recall``: what it prints, saves and draws, pattern files, and how it fails."""

from functools import partial

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot
import numpy as np
import pytest
import xarray as xr

from cim.cavity.pictograms import GLYPHS, glyphs
from cim.pattern_files import read_patterns

DRAWN = """// two letters
name: L
#....
#....
#....
#####

name: T
#####
..#..
..#..
..#..
"""


@pytest.fixture
def run(run):
    return partial(run, "recall")


@pytest.fixture
def written(tmp_path):
    def write(text):
        path = tmp_path / "patterns.txt"
        path.write_text(text, encoding="utf-8")
        return path

    return write


# ---------------------------------------------------------------- what it does


def test_the_built_in_pictures_come_back(run, tmp_path):
    plot, output = tmp_path / "recall.png", tmp_path / "recall.nc"
    code, out, err = run("--plot", plot, "--output", output)
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "8 pictures of 16 × 16 among 72 random ones"
    assert lines[1] == "  256 spins, 80 patterns, pseudoinverse rule"
    assert lines[2] == "  51 of 256 pixels of each cue are wrong, seed 0"
    assert [line.split()[0] for line in lines[5:13]] == list(GLYPHS)
    assert "▄" in out and str(plot) in out and str(output) in out
    with xr.open_dataset(output) as data:
        assert dict(data.sizes) == {"picture": 8, "pixel": 256, "dynamics": 2}
        np.testing.assert_allclose(data["cue_overlap"], 1 - 2 * 51 / 256)
        recalled = (data["overlap"].values == 1).sum(axis=1)
        np.testing.assert_allclose(data["overlap"], (data["output"] * data["pattern"]).mean("pixel"))
    assert lines[13].split() == ["recalled", str(recalled[0]), "of", "8", str(recalled[1]), "of", "8"]
    assert recalled[0] > recalled[1]  # steepest descent, where there is so much beside them
    pixels = matplotlib.pyplot.imread(plot)
    assert pixels.shape[0] > 500 and pixels.shape[1] > 900


def test_the_seed_and_the_corruption(run):
    one, again, other = (run("--seed", seed, "-q")[1] for seed in (3, 3, 4))
    assert one == again != other
    whole = run("--corruption", 0)[1]
    assert whole.count("1.000") == 24 and "recalled             8 of 8   8 of 8" in whole
    assert "256 of 256 pixels" in run("--corruption", 1)[1]


def test_quiet_prints_the_overlaps_and_no_more(run, tmp_path):
    output = tmp_path / "recall.nc"
    code, out, err = run("-q", "--dynamics", "0tmh,steepest", "--output", output)
    assert (code, err) == (0, "")
    with xr.open_dataset(output) as data:
        rows = zip(data["picture"].values, data["cue_overlap"].values, *data["overlap"].values, strict=True)
        assert out.splitlines() == [f"{name} {cue:.6f} {one:.6f} {other:.6f}" for name, cue, one, other in rows]
        assert data["dynamics"].values.tolist() == ["0tmh", "steepest"] and len(out.splitlines()) == 8
    assert "Print a line for each picture" in " ".join(run("--help")[1].split())


def test_atoms_in_a_cavity_recall(run):
    code, out, _ = run(
        "--rule", "confocal", "--dynamics", "kmc,steepest", "--atoms", 50, "--show", "fish", "--spins", 36
    )
    assert code == 0 and "36 spins, 8 patterns, confocal rule" in out
    assert out.splitlines()[4].split() == ["overlap", "cue", "kmc", "steepest"]
    assert "  fish   " in out.splitlines()[15]


def test_a_file_of_letters(run, written):
    code, out, err = run("--patterns", written(DRAWN), "--corruption", 0.1, "--rule", "hebbian", "--show", "T")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "2 pictures of 4 × 5" and lines[1] == "  20 spins, 2 patterns, hebbian rule"
    assert lines[5].split() == ["L", "0.800", "1.000", "1.000"]
    assert lines[-2].split()[0] == "▀▀█▀▀" and "█" in lines[-1]


def test_where_the_terminal_has_no_blocks(monkeypatch):
    from cim import recall_command

    class Plain:
        encoding = "ascii"

    monkeypatch.setattr(recall_command.sys, "stdout", Plain())
    rows = recall_command._side_by_side([np.array([1, -1, -1, 1])], ["x"], (2, 2))
    assert rows == ["  x", "  #.", "  .#"]


def test_a_picture_of_odd_height_is_whole(run, written):
    out = run("--patterns", written("#.#\n.#.\n#..\n"), "--corruption", 0)[1]
    assert "  9 spins, 1 pattern, pseudoinverse rule" in out
    assert [line[:5] for line in out.splitlines()[-2:]] == ["  ▀▄▀", "  ▀  "]


def test_random_pictures_are_drawn_again_where_there_are_few(run, written):
    letters = written("##\n.#\n\n#.\n##\n")
    for seed in range(8):
        assert run("--patterns", letters, "--others", 2, "--seed", seed)[0] == 0  # of 16, and independent
        assert run("--patterns", letters, "--others", 6, "--rule", "hebbian", "--seed", seed)[0] == 0
    code, _, err = run("--patterns", letters, "--others", 3)
    assert code == 2 and "--others: 4 pixels make room for at most 2 independent pictures beside 2, but 3" in err
    code, _, err = run("--patterns", letters, "--others", 7, "--rule", "hebbian")
    assert code == 2 and "--others: 4 pixels make room for at most 6 different pictures beside 2" in err


# ---------------------------------------------------------------- files


def test_pictures_and_numbers_are_read(run, written):
    found = read_patterns(written(DRAWN))
    assert found.names == ["L", "T"] and found.shape == (4, 5)
    assert found.patterns[1].reshape(4, 5).tolist()[1] == [-1, -1, 1, -1, -1]
    assert "of 1 and 0, which is read as -1" in " ".join(run("--help")[1].split())
    found = read_patterns(written("1 0 1 1\n// noise\n\nname: b\n-1,1, -1 +1\n"))
    assert found.names == ["1", "b"] and found.shape == (2, 2)
    assert found.patterns.tolist() == [[1, -1, 1, 1], [-1, 1, -1, 1]]
    assert read_patterns(written("1 0 1\n")).shape == (1, 3)
    marked = read_patterns(written("\ufeffname: x\n#.\n"))  # as some editors begin a file
    assert marked.names == ["x"] and marked.patterns.tolist() == [[1, -1]]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "patterns.txt: holds no pattern; draw them with # and ."),
        ("// only this\n\nname: x\n", "patterns.txt: holds no pattern"),
        ("##\n#.\n\n##\n", "patterns.txt:4: a pattern of 1 × 2, but the first one is 2 × 2"),
        ("##\n#\n", "patterns.txt:2: 1 pixels, but the picture's first row has 2"),
        ("##\n#o\n", "patterns.txt:2: 'o' is neither # (dark) nor . (light)"),
        ("1 1\n1 2\n", "patterns.txt:2: '2' is none of 1, -1 and 0"),
        ("1 1\n1\n", "patterns.txt:2: 1 entries, but the first pattern has 2"),
        ("1 -1 0\n", "patterns.txt:1: both -1 and 0"),
        ("name: a\nname: b\n#.\n", "patterns.txt:1: no pattern follows the name 'a'"),
        ("#.\n\nname: c\n", "patterns.txt:3: no pattern follows the name 'c'"),
        ("name: a\n#.\n\nname: a\n.#\n", "patterns.txt:5: the name 'a' was given before"),
        ("#.\n\n#.\n", "patterns: row 1 is the same as row 0"),
        ("#.\n\n.#\n", "patterns: row 1 is the negative of row 0"),
    ],
)
def test_bad_files_are_named_with_their_lines(run, written, text, says):
    code, out, err = run("--patterns", written(text), "--rule", "hebbian")
    assert (code, out) == (2, "") and says in err and err.startswith("cim: error:")


def test_what_is_no_text_is_said(run, tmp_path):
    path = tmp_path / "image.png"
    path.write_bytes(b"\x89PNG\xff\xfe")
    assert "is not a text file" in run("--patterns", path)[2]
    assert "No such file" in run("--patterns", tmp_path / "nothing.txt")[2]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--rule", "storkey"], "--rule: 'storkey' is not one of pseudoinverse, hebbian, confocal"),
        (["--dynamics", "steepest,greedy"], "--dynamics: 'greedy' is not one of steepest, 0tmh, reluctant, kmc"),
        (["--dynamics", "0tmh,0tmh"], "--dynamics: '0tmh' is there twice"),
        (["--corruption", "1.5"], "--corruption: must be between 0 and 1, but it is 1.5"),
        (["--atoms", "5"], "--atoms: has no use with --dynamics steepest,0tmh"),
        (["--dynamics", "kmc", "--atoms", "9" * 20], "--atoms: at most 1,000,000,000 in an ensemble"),
        (["--rule", "confocal", "--spins", "9999999"], "--spins: a model of 9,999,999 spins takes about 2.4e+15 bytes"),
        (["--spins", "5"], "--spins: has no use with --rule pseudoinverse"),
        (["--show", "dog"], "--show: 'dog' is none of heart, star"),
        (["--rule", "confocal", "--spins", "6"], "patterns: 6 spins take at most 6 independent patterns"),
        (["--rule", "confocal", "--width", "0.3", "--spins", "12"], "independent minima are needed for 8 patterns"),
        (["--plot", "x.gif"], "the suffix '.gif' is none of"),
    ],
)
def test_bad_options_are_named(run, words, says):
    code, out, err = run(*words)
    assert (code, out) == (2, "") and says in err


# ---------------------------------------------------------------- built-in pictures


def test_glyphs_of_any_size_are_different():
    for size in (8, 12, 16, 31):
        drawn = glyphs(size)
        rows = np.stack([picture.ravel() for picture in drawn.values()])
        assert rows.shape == (8, size * size) and np.linalg.matrix_rank(rows) == 8
        assert (np.abs(rows.mean(axis=1)) < 0.5).all()
    star = glyphs(16, "star")["star"]
    np.testing.assert_array_equal(star, star[:, ::-1])
    with pytest.raises(ValueError, match="names: 'dog' is none of heart"):
        glyphs(16, ["dog"])
    with pytest.raises(ValueError, match="size: must be at least 8"):
        glyphs(4)
