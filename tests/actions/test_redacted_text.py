"""The fingerprint behind a mask."""

from phonefleet.actions.redacted_text import readable_code, readable_url

CODE = "const apiKey = 'sk_live_9f8e7d6c5b4a39281706';"
URL = "https://user:Sup3rS3cretPw@h.example/send"


def test_what_holds_no_key_is_kept_as_it_is_without_a_fingerprint() -> None:
    for found in (readable_code("send();"), readable_url("https://h.example/send")):
        assert found.fingerprint == ""
        assert found.whole is None


def test_a_fingerprint_tells_of_every_change_and_is_the_same_for_the_same_text() -> None:
    """Of the key alone, of the code around it, and of what stands in a URL."""
    for read, text, key in ((readable_code, CODE, "39281706"), (readable_url, URL, "Sup3r")):
        first, again, other = read(text), read(text), read(text.replace(key, key[::-1]))
        assert first == again
        assert first.text == other.text != text
        assert first.fingerprint != other.fingerprint
        assert first.whole is not None
        assert first.whole.get_secret_value() == text
        assert key not in f"{first}{other}"


def test_a_code_with_half_of_a_surrogate_pair_has_a_fingerprint_too() -> None:
    assert len(readable_code(f"{CODE} // \ud800").fingerprint) == 32
