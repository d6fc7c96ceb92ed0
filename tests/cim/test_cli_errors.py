"""Errors of the ``cim`` command: one line each, which says what is wrong and what to do."""

import os

import pytest

import cim

SQUARE = "4 4\n1 2 1\n2 3 1\n3 4 1\n4 1 1\n"
QUICK = ["--steps", "20", "--replicas", "4", "--seed", "1"]


def test_usage_errors(fails, square):
    assert fails() == "Missing command (see cim --help)"
    assert fails("solve") == "Missing argument 'FILE' (see cim solve --help)"
    assert fails("--nonsense").startswith("No such option: --nonsense")
    assert fails("solve", square, "--nonsense").startswith("No such option: --nonsense")
    assert fails("nonsense") == "No such command 'nonsense' (see cim --help)"
    assert "'--steps'" in fails("solve", square, "--steps", "many")
    assert "'--seed'" in fails("solve", square, "--seed", "-1")
    assert "--output" in fails("generate", "sk", "5")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--algorithm", "magic"], "--algorithm: 'magic' is not one of auto, bsb, "),
        (["--time-limit", "-1"], "--time-limit: must be greater than 0, but it is -1"),
        (["--time-limit", "nan"], "--time-limit: must be finite, but it is nan"),
        (["--replicas", "0"], "--replicas: must be at least 1, but it is 0"),
        (["--threads", "0"], "--threads: must be at least 1, but it is 0"),
        (["--num-colors", "3"], "--num-colors: has no use with what is to be made of {}"),
        (["--format", "odd"], "--format: 'odd' is none of "),
        (["--problem", "Odd"], "--problem: 'Odd' is not a class of problem; cim problems lists them"),
        (["--problem", "read"], "--problem: 'read' is not a class of problem"),
        (["--problem", "MaxxCut"], "--problem: 'MaxxCut' is not a class of problem; did you mean MaxCut? "),
        (["--index", "1"], "{}: --index: 1 is not an instance of the file; there is 0"),
        (["--set", "odd=1"], "--set: MaxCut takes no argument 'odd'; it takes weight"),
        (["--set", "odd"], "--set: 'odd' is not of the form NAME=VALUE, such as num_colors=3"),
        (["--set", "path=a"], "--set: 'path=a' is not of the form NAME=VALUE"),
        (["--set", "weight=a", "--set", "weight=b"], "--set: weight is given twice"),
        (
            ["--problem", "steinertree"],
            "SteinerTree needs the argument 'terminals', which {} does not hold; pass --set ",
        ),
    ],
)
def test_bad_values(fails, square, arguments, message):
    assert fails("solve", square, *arguments).startswith(message.format(square))


def test_missing_colours_are_asked_for_by_the_option(fails, triangle):
    message = fails("solve", triangle, "--problem", "GraphColoring")
    assert (
        message == f"GraphColoring needs the argument 'num_colors', which {triangle} does not hold; pass --num-colors"
    )


def test_files_that_cannot_be_read(fails, tmp_path, square):
    assert fails("solve", tmp_path / "absent.rud") == f"{tmp_path / 'absent.rud'}: No such file or directory"
    assert fails("anneal", tmp_path).startswith(f"{tmp_path}: ")
    assert "the suffix '.odd' is none of" in fails("solve", tmp_path / "file.odd")
    square.write_text(SQUARE.replace("4 1 1", "4 9 1"))
    assert fails("solve", square).startswith(f"{square}:5: ")
    (tmp_path / "bad.rud.gz").write_bytes(b"\x1f\x8b no gzip")
    assert fails("solve", tmp_path / "bad.rud.gz").startswith(f"{tmp_path / 'bad.rud.gz'}: ")
    (tmp_path / "two\nlines.rud").write_text("nonsense")
    assert "two" in fails("anneal", tmp_path / "two\nlines.rud")


@pytest.mark.parametrize("option", ["--output", "--plot"])
def test_what_cannot_be_written_is_refused_before_the_work(fails, square, tmp_path, option, monkeypatch):
    def work(*arguments, **options):
        raise AssertionError("the work has begun")

    monkeypatch.setattr(cim, "solve", work)
    suffix = ".json" if option == "--output" else ".png"
    inside_file, in_absent = square / f"answer{suffix}", tmp_path / "absent" / f"answer{suffix}"
    assert fails("solve", square, option, inside_file).endswith(f"{square} is not a directory")
    assert fails("solve", square, option, in_absent).endswith(f"{in_absent.parent} is not a directory")
    assert "the suffix '.odd' is none of" in fails("solve", square, option, tmp_path / "answer.odd")
    assert "the suffix '' is none of" in fails("solve", square, option, tmp_path / "answer")
    (tmp_path / f"folder{suffix}").mkdir()
    assert fails("solve", square, option, tmp_path / f"folder{suffix}").endswith("it is a directory")
    monkeypatch.setattr("os.access", lambda path, mode, **options: mode != os.W_OK)
    assert fails("solve", square, option, tmp_path / f"answer{suffix}").endswith("permission denied")


def test_the_input_is_never_overwritten(fails, tmp_path):
    path = tmp_path / "model.json"
    path.write_text("{}")
    assert fails("solve", path, "-o", tmp_path / "." / "model.json").endswith("it is the input")
    assert path.read_text() == "{}"


def test_a_report_survives_a_failed_save(run, square, tmp_path, monkeypatch, rows):
    def full(self, path):
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(cim.Solution, "save", full)
    code, out, error = run("solve", square, *QUICK, "-o", tmp_path / "answer.json")
    assert code == 2
    assert rows(out)["cut weight"] == "4"
    assert "saved" not in out
    assert error == f"cim: error: {tmp_path / 'answer.json'}: No space left on device\n"


def test_anneal_errors(fails, square):
    one_of = "give one of FILE, --sk N and --figure sizes"
    assert fails("anneal") == fails("anneal", square, "--sk", "5") == one_of
    assert fails("anneal", "--sk", "5", "--figure", "sizes") == one_of
    assert fails("anneal", "--figure", "odd") == "--figure: 'odd' is not a figure; there is 'sizes'"
    assert fails("anneal", "--figure", "sizes", "--dt", "0.1") == "--dt: has no use with --figure sizes"
    assert fails("anneal", "--figure", "sizes", "--num-colors", "2") == "--num-colors: has no use with --figure sizes"
    assert fails("anneal", "--sk", "5", "--format", "rudy") == "--format: has no use with --sk"
    assert fails("anneal", "--sk", "5", "--sizes", "9").startswith("--sizes: has no use with one model")
    assert fails("anneal", "--figure", "sizes", "--sizes", "9,x") == "--sizes: 'x' is not an integer"
    assert fails("anneal", "--figure", "sizes", "--sizes", "9,5") == "--sizes: must increase, but 5 follows 9"
    assert fails("anneal", "--figure", "sizes", "--sizes", "9,1") == "--sizes[1]: must be at least 3, but it is 1"
    assert fails("anneal", "--sk", "5", "--photons", "0") == "--photons: must be greater than 0, but it is 0"
    assert fails("anneal", "--sk", "5", "--momentum", "1") == "--momentum: must be less than 1, but it is 1"
    assert "is none of .nc" in fails("anneal", "--sk", "5", "-o", "run.json")


@pytest.mark.parametrize(
    "text", ["linear:1", "linear:a:b", "odd:1", "piecewise:0:1:2,1:0", "piecewise:0,1", "", "constant", "linear:nan:0"]
)
def test_bad_schedules(fails, text):
    assert fails("anneal", "--sk", "5", "--schedule", text).startswith("--schedule: ")


def test_bad_breakpoints_show_what_is_wrong(fails):
    assert "the last at u = 1" in fails("anneal", "--sk", "5", "--schedule", "piecewise:0:1,0.5:2")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["odd", "5"], "ENSEMBLE: 'odd' is not one of sk, sk-binary, "),
        (["sk", "5", "6"], "N...: sk takes N, but was given 5 6"),
        (["wishart", "5"], "N...: wishart takes N ALPHA, but was given 5"),
        (["sk", "five"], "N...: 'five' is not an integer"),
        (["edwards-anderson", "2", "2.5"], "N...: '2.5' is not an integer"),
        (["wishart", "5", "x"], "N...: 'x' is not a number"),
        (["wishart", "5", "nan"], "aspect_ratio: a positive number is needed"),
        (["random-regular", "5", "3"], "degree: n * degree is twice the number of couplings"),
    ],
)
def test_generate_errors(fails, tmp_path, words, message):
    path = tmp_path / "instance.mtx"
    assert fails("generate", *words, "-o", path).startswith(message)
    assert not path.exists()


def test_generate_negative_numbers(fails, tmp_path):
    message = fails("generate", "-o", tmp_path / "instance.mtx", "sk", "--", "-5")
    assert message == "N...: must not be negative, but they are -5"


def test_generate_where_nothing_can_be_written(fails, tmp_path):
    assert "is none of .rud" in fails("generate", "sk", "5", "-o", tmp_path / "instance.gr")
    assert "holds a graph to be coloured" in fails("generate", "sk", "5", "-o", tmp_path / "instance.col")
    assert fails("generate", "sk", "5", "-o", tmp_path / "absent" / "a.mtx").endswith("absent is not a directory")


def test_a_bug_is_one_line_unless_debugged(fails, run, square, monkeypatch):
    def broken(*arguments, **options):
        raise RuntimeError("something\nbroke")

    monkeypatch.setattr(cim, "solve", broken)
    message = fails("solve", square, code=70)
    assert message == "unexpected RuntimeError: something broke (cim --debug shows where)"
    code, _, error = run("--debug", "solve", square)
    assert code == 70
    assert "Traceback (most recent call last)" in error


def test_debug_shows_where_an_input_error_came_from(run, tmp_path):
    code, _, error = run("--debug", "solve", tmp_path / "absent.rud")
    assert code == 2
    assert "Traceback (most recent call last)" in error
    assert error.splitlines()[-1].startswith("cim: error: ")
