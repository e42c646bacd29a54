"""Every setting of the portal in one table: name, default, help. Read from the environment once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from portal.addresses import Networks, read_networks
from portal.errors import SettingError
from portal.setting_values import counters as _counters
from portal.setting_values import embedded as _embedded
from portal.setting_values import file as _file
from portal.setting_values import limit as _limit
from portal.setting_values import number as _number
from portal.setting_values import origin as _origin
from portal.setting_values import positive as _positive
from portal.setting_values import switch as _switch
from portal.setting_values import text as _text

PREFIX = "PORTAL_"


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: `name` without the prefix, its default as text, what it does, how it is read."""

    name: str
    default: str
    help: str
    read: Callable[[str], Any] = _text
    secret: bool = False

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return PREFIX + self.name

    @property
    def attribute(self) -> str:
        """Its name in Settings."""
        return self.name.lower()


SETTINGS: tuple[Setting, ...] = (
    Setting("VAR", "var", "目录：登记库、快照、退回清单、密钥都在其中"),
    Setting(
        "REGISTRY_URL", "", "登记库的 SQLAlchemy 地址；空为 VAR 中的 registry.sqlite", secret=True
    ),
    Setting("DATABASE_URL", "", "记录库地址；空为快照自带的 SQLite", _embedded, secret=True),
    Setting("SEARCH_URL", "", "检索服务地址；空为快照自带的 Whoosh 索引", _embedded, secret=True),
    Setting("SECRET_FILE", "", "公开编号所用密钥的文件，首次使用时生成；空为 VAR 中的 secret.key"),
    Setting(
        "PERSON_KEY_FILE", "", "自然人比对所用密钥的文件，首次发布时生成；空为 VAR 中的 person.key"
    ),
    Setting("POLICY", "", "目录：其中的 TOML 替换同名的内置目录文件"),
    Setting("LIBRARY", "", "目录：其中的 Markdown 文件加入文库和指南，或者替换同名的内置文字"),
    Setting("RATELIMIT_ENABLED", "1", "是否限制查询频率：1 或 0", _switch),
    Setting(
        "RATELIMIT_URL",
        "",
        "限流计数：sqlite:///文件（网站进程须能写其所在目录）或 redis://主机（多台机器）；"
        "空为 VAR 中的 limits/counters.sqlite",
        _counters,
        secret=True,
    ),
    Setting("RATELIMIT_SEARCH", "120/minute", "每个地址的查询频率上限", _limit),
    Setting("RATELIMIT_SUGGEST", "300/minute", "每个地址在输入时获取名称建议的频率上限", _limit),
    Setting(
        "RATELIMIT_PAGES",
        "600/minute",
        "每个地址读取页面和接口的频率上限，查询也计入",
        _limit,
    ),
    Setting("RATELIMIT_DEEP", "120/hour", "每个地址翻到第 200 条以后的频率上限，越深越贵", _limit),
    Setting("RATELIMIT_EXPORTS", "30/hour", "每个地址下载的频率上限，表格文件按两次计", _limit),
    Setting("RATELIMIT_API", "300/minute", "每个地址使用 /api 的频率上限", _limit),
    Setting("RATELIMIT_PERSONS", "10/hour;30/day", "每个地址查询自然人的频率上限", _limit),
    Setting("RATELIMIT_PERSON_NAME", "20/day;100/month", "每个姓名被查询自然人的频率上限", _limit),
    Setting(
        "RATELIMIT_INSTITUTION",
        "20",
        "持密钥的机构：各项上限为地址的几倍，自然人除外",
        _positive,
    ),
    Setting(
        "RATELIMIT_INSTITUTION_PERSONS",
        "200/hour;1000/day",
        "持密钥的机构查询自然人的频率上限",
        _limit,
    ),
    Setting("KEYS_FILE", "", "机构密钥（只存摘要）的文件；空为 VAR 中的 keys.tsv"),
    Setting("TRUSTED_PROXIES", "0", "前面有几层可信的反向代理", _number),
    Setting("SNAPSHOT_MAX_AGE", "7", "快照超过多少天未更新，/readyz 即报告未就绪", _number),
    Setting("ACCESS_LOG", "-", "访问日志的文件；- 为标准输出，空则不记"),
    Setting(
        "AUDIT_LOG",
        "",
        "自然人查询登记的文件；空为 VAR 中的 logs/audit.jsonl，不能写入即不答复",
        _file,
    ),
    Setting("METRICS_NETWORKS", "", "除本机外可以读取 /metrics 的网段，以逗号分隔", read_networks),
    Setting("SITE_NAME", "信用信息查询", "网站名称"),
    Setting(
        "SITE_ORIGIN",
        "",
        "网站对外的地址，例如 https://credit.example.cn，用于规范网址；空则只写路径",
        _origin,
    ),
    Setting("SITE_OPERATOR", "", "页脚：主办单位"),
    Setting("SITE_PHONE", "", "页脚：联系电话"),
    Setting("SITE_ICP", "", "页脚：ICP 备案号"),
    Setting("SITE_POLICE", "", "页脚：公安备案号"),
    Setting("SITE_CODE", "", "页脚：网站标识码"),
)


@dataclass(frozen=True, slots=True)
class Settings:
    """The checked settings; one attribute for each entry of SETTINGS."""

    var: str
    registry_url: str
    database_url: str
    search_url: str
    secret_file: str
    person_key_file: str
    policy: str
    library: str
    ratelimit_enabled: bool
    ratelimit_url: str
    ratelimit_search: str
    ratelimit_suggest: str
    ratelimit_pages: str
    ratelimit_deep: str
    ratelimit_exports: str
    ratelimit_api: str
    ratelimit_persons: str
    ratelimit_person_name: str
    ratelimit_institution: int
    ratelimit_institution_persons: str
    keys_file: str
    trusted_proxies: int
    snapshot_max_age: int
    access_log: str
    audit_log: str
    metrics_networks: Networks
    site_name: str
    site_origin: str
    site_operator: str
    site_phone: str
    site_icp: str
    site_police: str
    site_code: str

    @property
    def var_path(self) -> Path:
        """Folder of everything the portal writes."""
        return Path(self.var)

    @property
    def snapshots_path(self) -> Path:
        """Folder of the snapshots, the only one that the web process reads."""
        return self.var_path / "snapshots"

    @property
    def rejections_path(self) -> Path:
        """Folder of the lists of rejected rows."""
        return self.var_path / "rejections"

    @property
    def registry_address(self) -> str:
        """SQLAlchemy URL of the registry."""
        return self.registry_url or f"sqlite:///{self.var_path / 'registry.sqlite'}"

    @property
    def ledger_path(self) -> Path:
        """File of the ledger of publishing: private, and made anew where it is missing."""
        return self.var_path / "ledger.sqlite"

    @property
    def secret_path(self) -> Path:
        """File of the key for public ids."""
        return Path(self.secret_file) if self.secret_file else self.var_path / "secret.key"

    @property
    def person_key_path(self) -> Path:
        """File of the key for matching natural persons; the web process reads it too."""
        return Path(self.person_key_file) if self.person_key_file else self.var_path / "person.key"

    @property
    def counters_address(self) -> str:
        """Storage of the counters of query limits; written by the web process."""
        return self.ratelimit_url or f"sqlite:///{self.var_path / 'limits' / 'counters.sqlite'}"

    @property
    def keys_path(self) -> Path:
        """File of the digests of institutions' keys; the web process reads it too."""
        return Path(self.keys_file) if self.keys_file else self.var_path / "keys.tsv"

    @property
    def audit_path(self) -> Path:
        """File of the audit log of person checks."""
        return Path(self.audit_log) if self.audit_log else self.var_path / "logs" / "audit.jsonl"

    @property
    def policy_path(self) -> Path | None:
        """Folder of overriding catalogue files, or None."""
        return Path(self.policy) if self.policy else None

    @property
    def library_path(self) -> Path | None:
        """Folder of further texts of the library, or None."""
        return Path(self.library) if self.library else None


def load_settings(environ: Mapping[str, str]) -> Settings:
    """Read the settings from environment variables.

    Raises SettingError naming the variable when a value cannot be used, or when a PORTAL_
    variable is no setting (a misspelt one must not be ignored).
    """
    known = {setting.variable for setting in SETTINGS}
    for variable in environ:
        if variable.startswith(PREFIX) and variable not in known:
            raise SettingError(f"{variable}：没有这个设置，运行 python -m portal settings 查看全部")
    values: dict[str, Any] = {}
    for setting in SETTINGS:
        try:
            values[setting.attribute] = setting.read(environ.get(setting.variable, setting.default))
        except ValueError as error:
            raise SettingError(f"{setting.variable}：{error}") from error
    return Settings(**values)
