"""What the tests of file formats share: files of a given content, and refusals of the right form."""

import pytest

import ising_problems as ip


@pytest.fixture
def file(tmp_path):
    """Writes a file of the given name and content, and gives its path."""

    def make(name, content):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return make


@pytest.fixture
def refused(file):
    """Checks that reading fails with one line: the path, then what begins with the message, or with one of several."""

    def check(name, content, message, **arguments):
        path = file(name, content)
        with pytest.raises(ValueError) as caught:
            ip.read(path, **arguments)
        text = str(caught.value)
        assert text.startswith(str(path))
        assert text[len(str(path)) :].startswith(message), text
        assert "\n" not in text

    return check
