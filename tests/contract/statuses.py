"""What every provider that speaks HTTP makes of every status: one table for all of them."""

from bot.ports import DeliveryError, Rejected, Unavailable

TRY_AGAIN = {408, 425, 429}


def verdict(status: int) -> type[DeliveryError]:
    """For a status that is no success. Below 200 the final answer never came."""
    return Unavailable if status < 200 or status >= 500 or status in TRY_AGAIN else Rejected


REFUSALS = {status: verdict(status) for status in range(100, 600) if status not in range(200, 300)}
