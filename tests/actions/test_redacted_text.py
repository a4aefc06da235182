"""The fingerprint behind a mask."""

from phonefleet.actions.redacted_text import redact_code, redact_url

CODE = "const apiKey = 'sk_live_9f8e7d6c5b4a39281706';"
URL = "https://user:Sup3rS3cretPw@h.example/send"


def test_text_without_a_key_has_no_fingerprint() -> None:
    for found in (redact_code("send();"), redact_url("https://h.example/send")):
        assert found.fingerprint == ""
        assert found.original is None


def test_a_fingerprint_changes_with_the_text() -> None:
    """Of the key alone, of the code around it, and of what stands in a URL."""
    for read, text, key in ((redact_code, CODE, "39281706"), (redact_url, URL, "Sup3r")):
        first, again, other = read(text), read(text), read(text.replace(key, key[::-1]))
        assert first == again
        assert first.text == other.text != text
        assert first.fingerprint != other.fingerprint
        assert first.original is not None
        assert first.original.get_secret_value() == text
        assert key not in f"{first}{other}"


def test_lone_surrogates_have_a_fingerprint() -> None:
    assert len(redact_code(f"{CODE} // \ud800").fingerprint) == 32
