"""Chinese surnames as data: which characters can begin a personal name.

Sources: 百家姓, the Ministry of Public Security's yearly report of common surnames, and the
traditional spellings of the frequent ones. Code points, not bytes.
"""

_COMPOUND = """
万俟 上官 东方 东郭 东门 乐正 亓官 令狐 仲孙 伯赏 侯莫陈 公冶 公孙 公羊 公良 公西
单于 南宫 南门 叶赫那拉 司寇 司徒 司空 司馬 司马 呼延 單于 壤驷 夏侯 太叔 夹谷 子车
宇文 完颜 宗政 宰父 富察 尉迟 尉遲 左丘 巫马 微生 慕容 拓跋 東方 東郭 梁丘 欧阳
歐陽 段干 淳于 漆雕 相里 澹台 澹臺 濮阳 爱新觉罗 独孤 瓜尔佳 申屠 百里 皇甫 端木 第五 綦毋
纳兰 羊舌 耶律 聞人 萬俟 西門 西门 諸葛 诸葛 谷梁 赫连 赫連 轩辕 那拉 鍾離 钟离
钮祜禄 長孫 长孙 闻人 闾丘 颛孙 鮮于 鲜于
"""

_STRONG = """
景盛常安关简游古万文方易赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚
谢邹喻柏窦章苏潘葛奚范彭郎鲁韦昌马苗凤俞任袁柳酆鲍史唐廉岑薛雷贺倪汤滕殷罗毕郝邬乐傅皮卞齐
康伍卜顾孟黄穆萧尹姚邵湛汪祁毛禹狄臧伏戴谈宋茅庞熊纪舒屈祝董梁杜阮蓝闵席季贾娄江童颜郭梅林
刁钟徐邱骆高夏蔡田樊胡凌霍虞柯昝卢莫裘缪宗丁宣贲邓郁杭洪诸左石崔吉钮龚程嵇邢裴陆荣翁荀羊於
惠甄曲封芮羿储靳汲邴糜段巫乌焦巴隗侯宓郗班仰仲伊宫宁仇栾甘钭厉戎祖武符刘詹束龙叶韶郜黎蓟薄
白怀蒲邰卓蔺屠蒙乔胥闻莘翟谭贡逄姬扶堵冉宰郦雍郤璩桑桂濮牛扈燕冀郏浦尚温庄晏柴瞿阎慕茹宦艾
戈廖庾暨衡耿弘匡寇禄阙殳沃蔚夔巩厍聂晁敖冷訾辛阚饶曾毋沙乜鞠巢蒯荆竺逯桓仉亓督岳帅缑亢况郈
琴牟佘佴墨谯笪佟肖闫付邸仝覃冼揭苟苑谌郇鄢涂汝代丘尧麦粟邝旷危隋沐靖矫鹿贠丛衣迟雒蹇郄栗渠
弋忻占候晋楚哈展禤褟欧阳赖兰黑滑幸柒劉陳張黃吳趙楊許鄭葉蘇鍾鐘盧鄧馮韓謝羅蕭龔譚關簡莊蔣賴
歐陽呂湯賀顏錢閻魯孫衛馬齊龍貝陸寧駱閔紀鄒鄔郟項單費葦韋遲聶鞏饒喬譙諶盘
"""

_WEAK = """
于向应和时经支有能权全单成由计利包管公通相别明平后那查解连强满居师广都国干房车水费余劳申
宿步党农海化商法言福充终空养鱼须边双山谷牧井松红益越隆丰印索咸籍池阴慎习容盖路贝项米元麻富
蓬秋暴司鄂苍寿东勾融门原来信才线花云家年修银伦英税先初但敬植练区布战奉滚官母多召冒承折闪位
补首舍把尉麻过岩玉
"""

COMPOUND_SURNAMES = frozenset(_COMPOUND.split())
"""Surnames of two or more characters."""

STRONG_SURNAMES = frozenset("".join(_STRONG.split()))
"""Single surnames that seldom begin another word where a person is spoken of."""

WEAK_SURNAMES = frozenset("".join(_WEAK.split()))
"""Single surnames that are everyday words too: a name only where what follows confirms it."""

SURNAMES = STRONG_SURNAMES | WEAK_SURNAMES
"""All single-character surnames."""

LONGEST_COMPOUND = max(map(len, COMPOUND_SURNAMES))


def compound_surname(name: str) -> str:
    """Return the compound surname that `name` begins with, the longest one, or an empty string."""
    for length in range(LONGEST_COMPOUND, 1, -1):
        if name[:length] in COMPOUND_SURNAMES:
            return name[:length]
    return ""
