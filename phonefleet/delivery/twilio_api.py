"""Read which messages and calls a Twilio account made to a number, and what became of each.

Sources: Twilio's documentation of the Message resource and of the Call resource. Their lists are filtered by
recipient and by day (`DateSent`, `StartTime`: `YYYY-MM-DD` in GMT), so the time of day is compared here. They
authenticate with the account SID and the auth token. The text of a message is not kept.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Annotated, Any

import httpx
from pydantic import BaseModel, BeforeValidator, SecretStr, ValidationError

from configs import DeliveryMethod, SecretRef, TwilioTarget
from phonefleet.auth0.clock import date_of, measurable
from phonefleet.model.enums import Receipt

_PAGE = 1_000
"""Records of one answer; Twilio's maximum."""
_MARGIN = timedelta(days=1)
"""How much earlier than the message the list begins, in case that clocks differ at midnight."""
_REFUSALS = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND})
_LISTS: Mapping[str, tuple[str, str]] = {
    DeliveryMethod.TEXT: ("Messages", "DateSent>"),
    DeliveryMethod.VOICE: ("Calls", "StartTime>"),
}
"""The list of each delivery method, and its filter for the first day."""


def _moment(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return parsedate_to_datetime(value).astimezone(UTC)
    except (TypeError, OverflowError) as error:
        raise ValueError("no date") from error


_Moment = Annotated[datetime | None, BeforeValidator(_moment)]


class TwilioRecord(BaseModel):
    """A message or call as Twilio lists it; only what is used of it.

    Attributes:
        sid: its identifier.
        status: `delivered`, `completed`, `queued` and so on.
        direction: begins with `outbound` for what the account sent.
        error_code: of a message only.
        date_created: when Twilio accepted it, aware.
        date_sent: of a message: when Twilio sent it.
        start_time: of a call: when it began.
    """

    sid: str
    status: str
    direction: str = ""
    error_code: int | None = None
    date_created: _Moment = None
    date_sent: _Moment = None
    start_time: _Moment = None

    @property
    def at(self) -> datetime | None:
        """When Twilio accepted it, else when it was sent."""
        return self.date_created or self.date_sent or self.start_time


class _Page(BaseModel):
    messages: list[TwilioRecord] | None = None
    calls: list[TwilioRecord] | None = None
    next_page_uri: str | None = None


@dataclass(frozen=True, slots=True)
class TwilioRecords:
    """What an account sent to a number.

    Attributes:
        records: outbound messages or calls, newest first.
        complete: False when there are more than one answer holds.
        clock_ahead: how far Twilio's clock is ahead of ours.
    """

    records: tuple[TwilioRecord, ...]
    complete: bool = True
    clock_ahead: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class TwilioUnread:
    """Why the records could not be read.

    Attributes:
        receipt: `refused` or `unavailable`.
        detail: Twilio's status and error code; never its words.
    """

    receipt: Receipt
    detail: str


class TwilioApi:
    """Twilio's API with the auth token of one tenant's target.

    Args:
        http: sends and retries the requests.
        api_url: where Twilio's API is.
        auth_token: returns the token; called for every request and not kept.
    """

    def __init__(self, http: httpx.AsyncClient, api_url: str, auth_token: Callable[[], SecretStr]) -> None:
        self._http = http
        self._api_url = api_url
        self._auth_token = auth_token

    async def sent_to(
        self, sid: str, to: str, method: str, since: datetime, *, within: timedelta
    ) -> TwilioRecords | TwilioUnread:
        """Read what an account sent to a number.

        Args:
            sid: the account SID.
            to: the recipient, E.164.
            method: `text` or `voice`.
            since: aware; records of this day and the day before are read too.
            within: how long to wait for an answer, retries included.
        """
        resource, first_day = _LISTS[method]
        url = f"{self._api_url}/2010-04-01/Accounts/{sid}/{resource}.json"
        day = (since.astimezone(UTC) - _MARGIN).strftime("%Y-%m-%d")
        query = {"To": to, first_day: day, "PageSize": str(_PAGE)}
        token = await asyncio.to_thread(self._auth_token)
        login = httpx.BasicAuth(sid, token.get_secret_value())
        try:
            async with asyncio.timeout(within.total_seconds()):
                answer = await self._http.get(url, params=query, auth=login)
        except TimeoutError:
            return TwilioUnread(Receipt.UNAVAILABLE, f"no answer within {within.total_seconds():.0f} s")
        except httpx.RequestError as error:
            # Its text has the kind of failure and the number of attempts, nothing of the request.
            return TwilioUnread(Receipt.UNAVAILABLE, str(error))
        return _parse(answer, datetime.now(UTC))


def _parse(answer: httpx.Response, now: datetime) -> TwilioRecords | TwilioUnread:
    if not answer.is_success:
        refused = answer.status_code in _REFUSALS
        return TwilioUnread(Receipt.REFUSED if refused else Receipt.UNAVAILABLE, _status(answer))
    try:
        page = _Page.model_validate_json(answer.content)
    except ValidationError:
        return TwilioUnread(Receipt.UNAVAILABLE, f"{answer.status_code}, not in the documented shape")
    listed = page.messages if page.messages is not None else page.calls
    if listed is None:
        return TwilioUnread(Receipt.UNAVAILABLE, f"{answer.status_code}, not in the documented shape")
    sent = tuple(record for record in listed if record.direction.startswith("outbound"))
    return TwilioRecords(sent, page.next_page_uri is None, _clock_ahead(answer, now))


def _status(answer: httpx.Response) -> str:
    try:
        code = answer.json()["code"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return f"HTTP {answer.status_code}"
    return (
        f"HTTP {answer.status_code}, error {code}" if isinstance(code, int) else f"HTTP {answer.status_code}"
    )


def _clock_ahead(answer: httpx.Response, now: datetime) -> timedelta:
    date = date_of(answer.headers)
    return measurable(date - now) if date else timedelta(0)


def open_twilio(
    client_for: Callable[[str], httpx.AsyncClient],
    target: TwilioTarget | None,
    resolve: Callable[[SecretRef], SecretStr],
) -> TwilioApi | None:
    """Return Twilio's API for a tenant's target; None where it has no auth token or does not want receipts."""
    if target is None or not target.receipts:
        return None
    reference = target.auth_token
    return TwilioApi(client_for(target.api_url), target.api_url, lambda: resolve(reference))
