"""What a refused request is told in words: which budget is used up, and when to come back."""

import math
from dataclasses import dataclass
from datetime import timedelta

from portal.web.language import gettext, to_translate, translate
from portal.web.limits import refused_budget, seconds_to_wait
from portal.web.reading import moment

MINUTE, HOUR = 60, 3600
_STILL_IN_SECONDS, _STILL_IN_MINUTES = 2 * MINUTE, 2 * HOUR

_USED_UP = {
    "pages": to_translate("打开页面的次数暂时用完了。"),
    "search": to_translate("查询的次数暂时用完了。"),
    "suggest": to_translate("获取名称建议的次数暂时用完了。"),
    "deep": to_translate("翻看靠后结果的次数暂时用完了，请加上类别、机关或者日期缩小范围。"),
    "exports": to_translate("下载的次数暂时用完了。"),
    "api": to_translate("使用接口的次数暂时用完了。"),
    "persons": to_translate("查询自然人的次数暂时用完了。"),
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """How long to wait and until what time (Asia/Shanghai), in words; what is used up, if told."""

    wait: str
    at: str
    used_up: str

    @property
    def detail(self) -> str:
        """The one sentence for programs."""
        return gettext("请在%(wait)s后再试", wait=self.wait)


def refusal(told: int | None) -> Refusal:
    """Return what to tell of this request, which waits `told` seconds or what its budgets say."""
    seconds = told or max(seconds_to_wait(), 1)
    used_up = _USED_UP.get(refused_budget(), "")
    return Refusal(_in_words(seconds), _clock(seconds), translate(used_up) if used_up else "")


def _in_words(seconds: int) -> str:
    if seconds <= _STILL_IN_SECONDS:
        return gettext(" %(number)s 秒", number=seconds)
    if seconds <= _STILL_IN_MINUTES:
        return gettext(" %(number)s 分钟", number=math.ceil(seconds / MINUTE))
    return gettext(" %(number)s 小时", number=math.ceil(seconds / HOUR))


def _clock(seconds: int) -> str:
    """Return the first full minute after the wait; with its day when that is not today."""
    now = moment()
    then = now + timedelta(seconds=seconds)
    if then.second or then.microsecond:
        then = then.replace(second=0, microsecond=0) + timedelta(minutes=1)
    return f"{then:%H:%M}" if then.date() == now.date() else f"{then:%Y-%m-%d %H:%M}"
