"""Ways to a private address, a metadata service or another host, each refused by the rule that is meant to."""

from __future__ import annotations

from clawft.security.url_decision import url_decision

METADATA = """
http://169.254.169.254/ http://169.254.169.254/latest/meta-data/iam/security-credentials/ https://169.254.169.254:443/
http://169.254.169.254:80/ http://169.254.169.254:8080/ http://169.254.169.254./ HTTP://169.254.169.254
http://2852039166/ http://0xa9fea9fe/ http://0XA9FEA9FE/ http://025177524776/ http://0251.0376.0251.0376/
http://0xa9.0xfe.0xa9.0xfe/ http://0xa9.254.0251.254/ http://169.254.43518/ http://169.16689662/ http://0xa9.0xfea9fe/
http://0000251.00376.0251.0376/ http://169.254.0xa9fe/ http://0x00000000a9fea9fe/ http://169.254.169.0xfe/
http://169%2e254%2e169%2e254/ http://%31%36%39.254.169.254/ http://%31%36%39%2E%32%35%34%2E%31%36%39%2E%32%35%34/
http://169\u3002254\u3002169\u3002254/ http://169\uff0e254\uff0e169\uff0e254/ http://169\uff61254\uff61169\uff61254/
http://\uff11\uff16\uff19.254.169.254/ http://\u2460\u2465\u2468.254.169.254/ http://16\u2079.254.169.254/
http://\U0001d7cf\U0001d7d4\U0001d7d7.254.169.254/ http://\u2081\u2086\u2089.254.169.254/
http://%EF%BC%91%EF%BC%96%EF%BC%99.254.169.254/ http://169%E3%80%82254%E3%80%82169%E3%80%82254/
http://169.254.170.2/v2/credentials http://169.254.170.23/ http://169.254.169.253/ http://169.254.169.123/
http://169.254.0.23/ http://169.254.42.42/ http://100.100.100.200/latest/meta-data/ http://1684301000/
http://0x646464c8/ http://192.0.0.192/opc/v2/ http://0xc00000c0/ http://192.192/ http://168.63.129.16/metadata
http://2822734096/ http://100.96.0.96/ http://[fd00:ec2::254]/ http://[fd00:0ec2:0:0::254]/ http://[FD00:EC2::254]/
http://[fd00:ec2::23]/ http://[fd20:ce::254]/ http://[fd00:42::42]/ http://[fe80::a9fe:a9fe]/
http://[::ffff:169.254.169.254]/ http://[::ffff:a9fe:a9fe]/ http://[::FFFF:A9FE:A9FE]/
http://[0:0:0:0:0:ffff:a9fe:a9fe]/
http://[::ffff:100.100.100.200]/ http://[::ffff:192.0.0.192]/ http://[::ffff:168.63.129.16]/
http://[::ffff:169.254.170.2]/
http://[::169.254.169.254]/ http://[::a9fe:a9fe]/ http://[64:ff9b::169.254.169.254]/ http://[64:ff9b::a9fe:a9fe]/
http://[0064:FF9B::A9FE:A9FE]/ http://[64:ff9b::168.63.129.16]/ http://[64:ff9b:1::a9fe:a9fe]/
http://[64:ff9b:1:a9fe:a9:fe00::]/ http://[64:ff9b:1:0:a9:fea9:fe00:0]/ http://[2002:a9fe:a9fe::]/
http://[2002:a9fe:a9fe::1]/ http://[2002:6464:64c8::1]/ http://[2001:0:a9fe:a9fe::]/ http://[2001::5601:5601]/
http://[2001:0:4136:e378:8000:63bf:5601:5601]/ http://[2606:4700::5efe:a9fe:a9fe]/
http://[2606:4700::200:5efe:169.254.169.254]/
http://[fe80::5efe:169.254.169.254]/ http://[::ffff:0:a9fe:a9fe]/ http://[::ffff:0:169.254.169.254]/
http://metadata.google.internal/computeMetadata/v1/ http://metadata.google.internal./ http://METADATA.GOOGLE.INTERNAL/
http://Metadata.Google.Internal:80/ http://metadata%2egoogle%2einternal/ http://metadata.google%E3%80%82internal/
http://metadata\u3002google\u3002internal/ http://\uff4detadata.google.internal/ http://metad\u24d0ta.google.internal/
http://x.metadata.google.internal/ http://metadata/ http://metadata./ http://Metadata/computeMetadata/v1/
http://metadata.goog/ http://metadata.goog./ http://metadata.internal/ http://a.metadata.internal/
http://metadata.azure.internal/ http://metadata.azure.com/ http://instance-data/
http://instance-data/latest/meta-data/
http://instance-data./ http://instance-data.ec2.internal/ http://metadata.ec2.internal/
http://metadata.tencentyun.com/
http://api.metadata.cloud.ibm.com/ http://metadata.platformequinix.com/ http://metadata.packet.net/
http://rancher-metadata/ http://rancher-metadata.rancher.internal/ http://metadata.europe-west1.c.project.internal/
http://instance-data.eu-central-1.compute.internal/ http://metadata.goo\uff47/ http://in\u017ftance-data/
""".split()

PRIVATE = """
http://127.0.0.1/ http://127.0.0.1:8080/ http://127.0.0.2/ http://127.255.255.254/ http://127.1/ http://127.0.1/
http://127.0.0.1./ http://2130706433/ http://0x7f000001/ http://0x7f.1/ http://0x7f.0x0.0x0.0x1/ http://0177.0.0.1/
http://0177.1/ http://017700000001/ http://0x7F.0.0.0x1/ http://00000177.0.0.1/ http://127.65535/ http://127.0x1/
http://%31%32%37.0.0.1/ http://127%2e0%2e0%2e1/ http://\uff11\uff12\uff17.0.0.1/ http://\u2460\u2461\u2466.0.0.1/
http://127\u30020\u30020\u30021/ http://\u00b9\u00b27.0.0.1/ http://12\U0001d7d5.0.0.1/
http://10.0.0.1/ http://10.1/ http://167772161/ http://0x0a000001/ http://012.0.0.1/ http://10.255.255.255/
http://172.16.0.1/ http://172.31.255.255/ http://192.168.0.1/ http://192.168.1/ http://3232235777/ http://0xc0a80101/
http://0300.0250.1.1/ http://169.254.0.1/ http://169.254.1.1/ http://100.64.0.1/ http://100.127.255.255/
http://192.0.0.1/
http://192.0.0.8/ http://192.0.2.1/ http://198.18.0.1/ http://198.19.255.255/ http://198.51.100.7/ http://203.0.113.9/
http://[::1]/ http://[::1]:8080/ http://[0:0:0:0:0:0:0:1]/ http://[0000:0000:0000:0000:0000:0000:0000:0001]/
http://[::0:1]/
http://[0::1]/ http://[::0.0.0.1]/ http://[fc00::1]/ http://[fd12:3456:789a::1]/ http://[fdff::]/ http://[fe80::1]/
http://[febf::1]/ http://[fec0::1]/ http://[feff::1]/ http://[::ffff:127.0.0.1]/ http://[::ffff:7f00:1]/
http://[::ffff:7f00:0001]/ http://[::FFFF:10.0.0.1]/ http://[::ffff:192.168.1.1]/ http://[::ffff:ac10:1]/
http://[64:ff9b::127.0.0.1]/ http://[64:ff9b::7f00:1]/ http://[64:ff9b::10.0.0.1]/ http://[64:ff9b:1::8.8.8.8]/
http://[64:ff9b:1::1]/ http://[2002:7f00:1::]/ http://[2002:7f00:1::1]/ http://[2002:c0a8:101::1]/
http://[2002:808:808::1]/
http://[2002:a00:1::]/ http://[2001:0:808:808::f7f7:f7f7]/ http://[2001:0:7f00:1::f7f7:f7f7]/
http://[2001:0:808:808::80ff:fffe]/ http://[2001:2::1]/
http://[2001:db8::1]/ http://[3fff::1]/ http://[5f00::1]/ http://[2606:4700::5efe:127.0.0.1]/
http://[2606:4700::200:5efe:c0a8:101]/ http://[2606:4700::5efe:a00:1]/
http://localhost/ http://localhost:8000/ http://LOCALHOST/ http://localhost./ http://localHost/ http://%6cocalhost/
http://loc%61lhost/ http://\u24db\u24de\u24d2\u24d0\u24db\u24d7\u24de\u24e2\u24e3/
http://\uff4c\uff4f\uff43\uff41\uff4c\uff48\uff4f\uff53\uff54/
http://local\U0001d4f1ost/ http://localho\u017ft/ http://foo.localhost/ http://a.b.localhost./
http://localhost.localdomain/
http://ip6-localhost/ http://ip6-loopback/ http://localhost6/ http://localhost%2e/
http://vault.internal/ http://nas.local/ http://printer.local./ http://router.lan/ http://wiki.corp/ http://pi.home.arpa/
http://db.default.svc.cluster.local/ http://ip-10-0-0-1.ec2.internal/ http://a.localdomain/ http://INTRANET/
""".split()

UNUSABLE = """
http://0/ http://0.0.0.0/ http://0.0.0.0:8080/ http://00.0.0.0/ http://0x0/ http://0x/ http://0.1/ http://0.1.2.3/
http://000000/ http://\uff10/ http://\u24ea.0.0.0/ http://[::]/ http://[::]:8000/ http://[0:0:0:0:0:0:0:0]/
http://[::0]/
http://[0::]/ http://[::ffff:0:0]/ http://[::ffff:0.0.0.0]/ http://[::127.0.0.1]/ http://[::7f00:1]/
http://[::8.8.8.8]/
http://[::10.0.0.1]/ http://[::ffff:0:7f00:1]/ http://[::ffff:0:8.8.8.8]/ http://[64:ff9b::]/
http://[64:ff9b::224.0.0.1]/
http://224.0.0.1/ http://239.255.255.250/ http://240.0.0.1/ http://255.255.255.255/ http://4294967295/
http://0xffffffff/
http://192.88.99.1/ http://[ff02::1]/ http://[ff05::1:3]/ http://[ff0e::1]/ http://[100::1]/ http://[100:0:0:1::1]/
http://[2001:10::1]/ http://[4000::1]/ http://[e000::1]/ http://[200::1]/ http://[64:ff9b:2::1]/ http://[::2]/
http://[::ffff:255.255.255.255]/ http://[2001::1]/ http://[2001:0:808:808::]/ http://[2002:e000:1::]/
http://[2002:0:1::]/
""".split()

SCHEMES = """
file:///etc/passwd file://localhost/etc/passwd FILE:///etc/passwd gopher://127.0.0.1:6379/_INFO ftp://example.com/
dict://127.0.0.1:11211/ ldap://127.0.0.1/ tftp://127.0.0.1/ sftp://example.com/ ssh://example.com/ javascript:alert(1)
data:text/html,x jar:http://example.com!/ ws://example.com/ wss://example.com/ view-source:http://example.com/
about:blank blob:http://example.com/1 mailto:a@example.com netdoc:///etc/passwd php://filter/x localhost:8080
example.com:80/x http+unix://%2fvar%2frun%2fdocker.sock/info unix:/var/run/docker.sock smb://example.com/share
""".split()

USERINFO = """
http://user@example.com/ http://user:pass@example.com/ http://example.com@127.0.0.1/ http://example.com:80@127.0.0.1/
http://127.0.0.1@example.com/ http://@example.com/ http://:@example.com/ http://a@b@example.com/
https://token@api.example.com/
http://example.com%00@127.0.0.1/ http://169.254.169.254@example.com/ http://[::1]@example.com/
http://user:p%40ss@example.com/
""".split()

CHARACTERS = [
    "http://exa\tmple.com/", "http://exa\nmple.com/", "ht\ntp://127.0.0.1/", "http://127.0.0.1\r\n/",
    "http://a.com/\x00",
    "http://127.0.0.1\t/", "http:\t//127.0.0.1/", "http://a.com/x\r\nHost: evil", "\x00http://a.com/",
    "\x01http://127.0.0.1/",
    "http://a.com/\x7f", "http://a.com/x\x1b[0m", "http://a.com/a\tb", "http://evil.com\\@127.0.0.1/",
    "http:\\\\127.0.0.1\\",
    "http://127.0.0.1\\.evil.com/", "http://evil.com\\.example.com/", "http:/\\127.0.0.1/", "\\\\127.0.0.1\\share",
    "http://a.com/x\\..\\y", "http://a.com/?a\\b", "http://exa mple.com/", "http://127.0.0.1 .com/",
    "http:// 127.0.0.1/",
    "http://a.com:8 0/", "http://a.com\x0b/", "http://a.com/\x0c",
]  # fmt: skip

MALFORMED = (
    """
not-a-url example.com //example.com/ /etc/passwd http http: http:/ http:// https:// http:/example.com http:example.com
http:127.0.0.1 http:/127.0.0.1/ http:///127.0.0.1/ http:////127.0.0.1/ http:///example.com http:///etc/passwd
http://?x
http://#x http://:80/ http://./ http://../ http://.example.com/ http://example..com/ http://example.com../
http://127.0.0.1../ http://256.256.256.256/ http://127.0.0.256/ http://1.2.3.4.5/ http://1.2.3.4.5.6/
http://4294967296/
http://0x100000000/ http://1.2.3.08/ http://09.1/ http://127..1/ http://a.0x1/ http://127.0.0.\u2488/
http://a.256/ http://0xg.1/ http://1.16777216/ http://[::1/ http://::1/ http://[::1]x/ http://[]/ http://[:::]/
http://[1::2::3]/ http://[::12345]/ http://[::g]/ http://[1:2:3]/ http://[1:2:3:4:5:6:7:8:9]/ http://[::1.2.3]/
http://[::1.2.3.256]/ http://[::01.2.3.4]/ http://[127.0.0.1]/ http://[example.com]/ http://[v1.fe80]/
http://example.com:65536/ http://example.com:99999/ http://example.com:8x/ http://example.com:-1/
http://example.com:+80/
http://example.com:80:80/ http://example.com:\uff18\uff10/ http://exa%2fmple.com/ http://exa%00mple.com/
http://exa%0ample.com/
http://%zz.com/ http://a%/ http://a%4/ http://%ff.com/ http://a%20b.com/ http://user%40example.com/ http://a%3a80/
http://a%5cb/ http://exam\u2044ple.com/ http://127.0.0.1\u2044.example.com/ http://evil.com\uff0f.example.com/
http://evil.com\u2100.example.com/ http://a\uff20b.com/ http://a\uff1a80/ http://exa\uff03mple.com/
http://\ufeff\u202eexample.com/
http://exa$mple.com/ http://a,b/ http://a;b/ http://{a}/ http://*/ http://*.example.com/ http://a|b/ http://xn--/
http://xn--a/ http://xn--localhost-/ http://xn--127-/ http://xn--0.com/ http://xn--99999999999999999/
http://xn--\u00fc.com/
""".split()
    + ["", " ", "http://" + "a" * 64 + ".com/", "http://" + "a." * 130 + "com/", "http://a.com/\ud800"]
)

REBOUND = (
    (["127.0.0.1"], "url.private"),
    (["10.0.0.1"], "url.private"),
    (["93.184.216.34", "127.0.0.1"], "url.private"),
    (["127.0.0.1", "93.184.216.34"], "url.private"),
    (["93.184.216.34", "::1"], "url.private"),
    (["2606:4700::1111", "fd00::1"], "url.private"),
    (["::ffff:127.0.0.1"], "url.private"),
    (["64:ff9b::7f00:1"], "url.private"),
    (["2002:7f00:1::"], "url.private"),
    (["100.64.0.1"], "url.private"),
    (["0.0.0.0"], "url.unusable"),
    (["::"], "url.unusable"),
    (["224.0.0.251"], "url.unusable"),
    (["169.254.169.254"], "url.metadata"),
    (["93.184.216.34", "169.254.169.254"], "url.metadata"),
    (["::ffff:169.254.169.254"], "url.metadata"),
    (["fd00:ec2::254"], "url.metadata"),
    (["168.63.129.16"], "url.metadata"),
    (["fe80::1%eth0"], "url.resolution"),
    (["127.1"], "url.resolution"),
    (["example.net"], "url.resolution"),
    ([""], "url.resolution"),
    ([], "url.resolution"),
)


def judged(value: object, resolve: object = None, policy: object = None) -> tuple[str, str, str]:
    return url_decision({"kind": "url", "value": value, "policy": policy, "resolve": resolve})


def check(urls: list[str], decision: str, rule: str, policy: object = None) -> None:
    for url in urls:
        found = judged(url, None, policy)
        assert found[:2] == (decision, rule), (url, found)
        assert len(found[2]) < 400, (url, found)


def test_metadata_services_are_refused_in_every_spelling() -> None:
    check(METADATA, "deny", "url.metadata")


def test_metadata_services_are_refused_under_every_policy() -> None:
    for policy in (
        {"enabled": False},
        {"allow_private": True},
        {"enabled": False, "allow_private": True},
        {"allow_private": True, "allowed_domains": ["*"], "private_domains": ["*"]},
    ):
        check(METADATA, "deny", "url.metadata", policy)


def test_private_addresses_are_refused_and_open_where_the_owner_says_so() -> None:
    for url in PRIVATE:
        assert judged(url)[:2] == ("deny", "url.private"), (url, judged(url))
        assert judged(url, None, {"allow_private": True})[0] == "allow", url


def test_addresses_that_no_server_has_are_refused_under_every_policy() -> None:
    check(UNUSABLE, "deny", "url.unusable")
    check(UNUSABLE, "deny", "url.unusable", {"allow_private": True, "private_domains": ["*"]})


def test_only_http_and_https_are_fetched() -> None:
    check(SCHEMES, "deny", "url.scheme")
    check(SCHEMES, "deny", "url.scheme", {"enabled": False})


def test_urls_with_credentials_are_refused() -> None:
    check(USERINFO, "deny", "url.userinfo")
    check(USERINFO, "deny", "url.userinfo", {"enabled": False})


def test_characters_that_parsers_drop_or_turn_are_refused() -> None:
    check(CHARACTERS, "deny", "url.characters")


def test_what_is_no_url_is_an_error() -> None:
    check(MALFORMED, "error", "url.malformed")


def test_zones_lengths_and_ports_are_refused() -> None:
    check(["http://[fe80::1%25eth0]/", "http://[fe80::1%eth0]/", "http://[::1%251]/"], "deny", "url.zone")
    check(["http://a.com/" + "x" * 9000, "http://a.com/" + "\u00e9" * 2000], "deny", "url.length")
    urls = [
        "http://example.com:%d/" % port
        for port in (0, 1, 22, 23, 25, 53, 110, 143, 389, 445, 2375, 3306, 6379, 9200)
    ]
    check(urls, "deny", "url.allowed_ports")


def test_every_address_of_a_name_must_be_allowed() -> None:
    for addresses, rule in REBOUND:
        found = judged("http://rebind.example/", {"rebind.example": addresses})
        assert found[:2] == ("deny", rule), (addresses, found)
    assert judged("http://rebind.example/", {})[:2] == ("deny", "url.resolution")
    assert judged("http://rebind.example/", {"other.example": ["93.184.216.34"]})[:2] == (
        "deny",
        "url.resolution",
    )
    assert judged("http://rebind.example/", {"rebind.example": ["93.184.216.34"]})[0] == "allow"


def test_there_are_enough_attacks() -> None:
    count = sum(
        len(urls) for urls in (METADATA, PRIVATE, UNUSABLE, SCHEMES, USERINFO, CHARACTERS, MALFORMED, REBOUND)
    )
    assert count >= 400, count
