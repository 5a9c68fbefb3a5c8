"""What people really paste when they share a post: the link is found, its platform, its name, and the key
that is the same however the same post was shared."""

# ruff: noqa: E501 what was pasted stands on one line, as it was pasted

from __future__ import annotations

import pytest

from app.blueprints.impact.policies_links import PLATFORMS, link_key, platform_of, shared, weibo_number

NOTE = "64f1a2b3c4d5e6f708192a3b"
XHS = f"xiaohongshu:{NOTE}"

# pasted, link, platform, key, title
SHARED = [
    # --- Xiaohongshu
    (
        f"38 【零下六度，我在车里煮了一碗面 - 远山小林 | 小红书 - 你的生活指南】 😆 aBcDeF12 😆 "
        f"https://www.xiaohongshu.com/discovery/item/{NOTE}?source=webshare&xhsshare=pc_web&xsec_token=AB1%3D",
        f"https://www.xiaohongshu.com/discovery/item/{NOTE}?source=webshare&xhsshare=pc_web&xsec_token=AB1%3D",
        "xiaohongshu", XHS, "零下六度，我在车里煮了一碗面",
    ),
    (
        "58 远山小林发布了一篇小红书笔记，快来看吧！ 😆 Xk3 😆 http://xhslink.com/a/AbC9fK2，复制本条信息，打开【小红书】App查看精彩内容！",
        "http://xhslink.com/a/AbC9fK2", "xiaohongshu", "xhslink.com/a/AbC9fK2", "",
    ),
    ("夜拍三件事 xhslink.com/a/9fK2", "https://xhslink.com/a/9fK2", "xiaohongshu", "xhslink.com/a/9fK2", ""),
    ("打开xhslink.com/m/9fK2看看", "https://xhslink.com/m/9fK2", "xiaohongshu", "xhslink.com/m/9fK2", ""),
    (
        f"HTTPS://WWW.XIAOHONGSHU.COM/EXPLORE/{NOTE.upper()}",
        f"https://WWW.XIAOHONGSHU.COM/EXPLORE/{NOTE.upper()}", "xiaohongshu", XHS, "",
    ),
    (f"https://www.xiaohongshu.com/explore/{NOTE}/", f"https://www.xiaohongshu.com/explore/{NOTE}/", "xiaohongshu", XHS, ""),
    (
        f"https://www.xiaohongshu.com/user/profile/5c00aa11bb22cc33dd44ee55/{NOTE}?xsec_source=pc_user",
        f"https://www.xiaohongshu.com/user/profile/5c00aa11bb22cc33dd44ee55/{NOTE}?xsec_source=pc_user",
        "xiaohongshu", XHS, "",
    ),
    (f"https://m.xiaohongshu.com/explore/{NOTE}#comments", f"https://m.xiaohongshu.com/explore/{NOTE}#comments", "xiaohongshu", XHS, ""),
    (f"https：／／www.xiaohongshu.com/explore/{NOTE}。谢谢", f"https://www.xiaohongshu.com/explore/{NOTE}", "xiaohongshu", XHS, ""),
    ("【海边１２号充电站】https：／／ｘｈｓｌｉｎｋ．com／a／Ｂc－9，好看", "https://xhslink.com/a/Bc-9", "xiaohongshu", "xhslink.com/a/Bc-9", "海边１２号充电站"),
    ("ｈｔｔｐｓ：／／ｂ２３．ｔｖ／ａＢ３，你看过吗？", "https://b23.tv/aB3", "bilibili", "b23.tv/aB3", ""),
    (f"「雨天的车」\nhttps://www.xiaohongshu.com/explore/{NOTE}\n", f"https://www.xiaohongshu.com/explore/{NOTE}", "xiaohongshu", XHS, "雨天的车"),
    # --- Douyin
    (
        "7.94 复制打开抖音，看看【小林的作品】红灯九秒，听雨 # 车流 # 夜晚 https://v.douyin.com/iRNBho6u/ a@A.bc 12/27 :0pm ",
        "https://v.douyin.com/iRNBho6u/", "douyin", "v.douyin.com/iRNBho6u", "红灯九秒，听雨",
    ),
    (
        "3.05 复制打开抖音，看看【林夏的图文作品】海边的充电站... https://v.douyin.com/x-Y_1/ Hic:/ 09/12",
        "https://v.douyin.com/x-Y_1/", "douyin", "v.douyin.com/x-Y_1", "海边的充电站",
    ),
    (
        "https://www.douyin.com/video/7301234567890123456?previous_page=app_code_link",
        "https://www.douyin.com/video/7301234567890123456?previous_page=app_code_link",
        "douyin", "douyin:7301234567890123456", "",
    ),
    (
        "https://www.iesdouyin.com/share/video/7301234567890123456/?region=CN&mid=73012&u_code=1",
        "https://www.iesdouyin.com/share/video/7301234567890123456/?region=CN&mid=73012&u_code=1",
        "douyin", "douyin:7301234567890123456", "",
    ),
    (
        "https://www.douyin.com/user/MS4wLjABAAAA?modal_id=7301234567890123456",
        "https://www.douyin.com/user/MS4wLjABAAAA?modal_id=7301234567890123456",
        "douyin", "douyin:7301234567890123456", "",
    ),
    ("看我的v.douyin.com/iRNBho6u/，谢谢", "https://v.douyin.com/iRNBho6u/", "douyin", "v.douyin.com/iRNBho6u", ""),
    # --- Bilibili
    (
        "【杭州到腾冲，2,480 公里补能全记录-哔哩哔哩】 https://b23.tv/aB3xYz9",
        "https://b23.tv/aB3xYz9", "bilibili", "b23.tv/aB3xYz9", "杭州到腾冲，2,480 公里补能全记录",
    ),
    (
        "【三十秒成片】https://www.bilibili.com/video/BV1xx411c7mD/?share_source=copy_web&vd_source=0a1b2c",
        "https://www.bilibili.com/video/BV1xx411c7mD/?share_source=copy_web&vd_source=0a1b2c",
        "bilibili", "bilibili:BV1xx411c7mD", "三十秒成片",
    ),
    ("https://m.bilibili.com/video/BV1xx411c7mD?p=1", "https://m.bilibili.com/video/BV1xx411c7mD?p=1", "bilibili", "bilibili:BV1xx411c7mD", ""),
    ("https://b23.tv/BV1xx411c7mD", "https://b23.tv/BV1xx411c7mD", "bilibili", "bilibili:BV1xx411c7mD", ""),
    ("https://www.bilibili.com/opus/845678901234567890?spm_id_from=333", "https://www.bilibili.com/opus/845678901234567890?spm_id_from=333", "bilibili", "bilibili:opus:845678901234567890", ""),
    ("https://t.bilibili.com/845678901234567890", "https://t.bilibili.com/845678901234567890", "bilibili", "bilibili:opus:845678901234567890", ""),
    ("https://www.bilibili.com/read/cv1234567/?from=search", "https://www.bilibili.com/read/cv1234567/?from=search", "bilibili", "bilibili:cv1234567", ""),
    # --- Weibo: letters on the desktop are a number on the phone
    ("https://weibo.com/1402400261/z8ElgBLeQ#comment", "https://weibo.com/1402400261/z8ElgBLeQ#comment", "weibo", "weibo:3520617028999724", ""),
    ("https://m.weibo.cn/status/3520617028999724?", "https://m.weibo.cn/status/3520617028999724", "weibo", "weibo:3520617028999724", ""),
    ("今天在服务区遇到的好人 http://t.cn/A6xYz12 ​", "http://t.cn/A6xYz12", "weibo", "t.cn/A6xYz12", ""),
    ("https://weibo.com/ttarticle/p/show?id=2309404912345678901234", "https://weibo.com/ttarticle/p/show?id=2309404912345678901234", "weibo", "weibo:article:2309404912345678901234", ""),
    ("https://video.weibo.com/show?fid=1034:4912345678901234", "https://video.weibo.com/show?fid=1034:4912345678901234", "weibo", "weibo:video:1034:4912345678901234", ""),
    # --- WeChat
    ("给爸妈写的一页用车说明\r\nhttps://mp.weixin.qq.com/s/AbC-d_1234567890xyz", "https://mp.weixin.qq.com/s/AbC-d_1234567890xyz", "weixin", "weixin:AbC-d_1234567890xyz", ""),
    (
        "https://mp.weixin.qq.com/s?__biz=MzA4MTk1&mid=2650&idx=1&sn=0a1b&chksm=84&scene=21#wechat_redirect",
        "https://mp.weixin.qq.com/s?__biz=MzA4MTk1&mid=2650&idx=1&sn=0a1b&chksm=84&scene=21#wechat_redirect",
        "weixin", "weixin:MzA4MTk1:2650:1", "",
    ),
    ("https://weixin.qq.com/sph/A1b2C3d4", "https://weixin.qq.com/sph/A1b2C3d4", "weixin", "weixin:sph:A1b2C3d4", ""),
    # --- several links, other places, things in the way
    ("先看 https://example.com/a 再看 https://b23.tv/aB3xYz9", "https://b23.tv/aB3xYz9", "bilibili", "b23.tv/aB3xYz9", ""),
    ("https://b23.tv/one https://b23.tv/two", "https://b23.tv/one", "bilibili", "b23.tv/one", ""),
    ("\u200bhttps://\u200bb23.tv/aB3\ufeffxYz9\u200b", "https://b23.tv/aB3xYz9", "bilibili", "b23.tv/aB3xYz9", ""),
    ("(https://example.com/wiki/Lamp_(night)).", "https://example.com/wiki/Lamp_(night)", "other", "example.com/wiki/Lamp_(night)", ""),
    ("https://Example.COM:443/A/?utm_source=x&b=2&a=1&utm_medium=y#top", "https://Example.COM:443/A/?utm_source=x&b=2&a=1&utm_medium=y#top", "other", "example.com/A?a=1&b=2", ""),
    ("😀https://b23.tv/aB3xYz9😀", "https://b23.tv/aB3xYz9", "bilibili", "b23.tv/aB3xYz9", ""),
    ("看这里：https://b23.tv/aB3xYz9！！！", "https://b23.tv/aB3xYz9", "bilibili", "b23.tv/aB3xYz9", ""),
    ("『停好车再拍』 https://b23.tv/aB3xYz9?share_medium=android&ts=1", "https://b23.tv/aB3xYz9?share_medium=android&ts=1", "bilibili", "b23.tv/aB3xYz9", "停好车再拍"),
    ("https://xiaohongshu.com.evil.example/explore/1", "https://xiaohongshu.com.evil.example/explore/1", "other", "xiaohongshu.com.evil.example/explore/1", ""),
    ("https://www.xiaohongshu.com@evil.example/explore/1", "https://www.xiaohongshu.com@evil.example/explore/1", "other", "evil.example/explore/1", ""),
]  # fmt: skip

NOTHING = [
    "", "   ", "没有链接", "javascript:alert(1)", "ftp://example.com/x", "https://", "https://[", "http://a:b:c/",
    "exit.cn/abc", "me@t.cn/abc", "小红书见", "https://" + "a" * 3000 + ".com/", "https:///path",
]  # fmt: skip


@pytest.mark.parametrize(("pasted", "link", "platform", "key", "title"), SHARED, ids=range(len(SHARED)))
def test_a_shared_text_is_understood(pasted: str, link: str, platform: str, key: str, title: str) -> None:
    found = shared(pasted)
    assert found is not None
    assert found.link.rstrip("?") == link
    assert (found.platform, found.key, found.title) == (platform, key, title)


@pytest.mark.parametrize("pasted", NOTHING, ids=range(len(NOTHING)))
def test_nothing_is_found_where_there_is_nothing(pasted: str) -> None:
    assert shared(pasted) is None


def test_there_are_many_shapes() -> None:
    assert len(SHARED) + len(NOTHING) >= 50
    assert {row[2] for row in SHARED} == set(PLATFORMS)


def test_other_posts_have_other_keys() -> None:
    assert link_key("https://xhslink.com/a/AbC") != link_key("https://xhslink.com/a/abc")
    assert link_key("https://example.com/?id=1") != link_key("https://example.com/?id=2")
    assert link_key("https://b23.tv/BV1xx411c7mD") != link_key("https://b23.tv/BV1xx411c7mE")
    assert link_key("https://example.com/a") == link_key("http://www.example.com/a/#b")


def test_a_weibo_name_is_its_number() -> None:
    """The pair is the one that the platform's own interface documents as an example."""
    assert weibo_number("z8ElgBLeQ") == "3520617028999724"
    assert weibo_number("3520617028999724") == "3520617028999724"


def test_a_platform_is_known_by_its_host_alone() -> None:
    assert platform_of("https://www.douyin.com.cn/video/1") == "other"
    assert platform_of("https://notdouyin.com/video/1") == "other"
    assert platform_of("no link") == "other"
