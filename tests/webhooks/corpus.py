"""Every spelling of an address that must not be called, and resolvers with prepared answers."""

PUBLIC = "93.184.215.14"


def words(text):
    return text.split()


FORBIDDEN_ADDRESSES = words(
    """
    0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.100.100.200 100.127.255.255 127.0.0.1 127.1.2.3
    127.255.255.254 168.63.129.16 169.254.0.1 169.254.169.254 169.254.170.2 172.16.0.1 172.31.255.255
    192.0.0.1 192.0.0.8 192.0.0.192 192.0.2.1 192.31.196.1 192.52.193.1 192.88.99.1 192.168.0.1
    192.168.255.255 192.175.48.1 198.18.0.1 198.19.255.255 198.51.100.1 203.0.113.1 224.0.0.1 239.1.1.1
    240.0.0.1 255.255.255.255
    :: ::1 ::2 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 ::ffff:7f00:1 ::ffff:8.8.8.8
    ::ffff:0:127.0.0.1 64:ff9b::127.0.0.1 64:ff9b::a00:1 64:ff9b::8.8.8.8 64:ff9b:1::1 100::1 100:0:0:1::1
    2001::1 2001:0:7f00:1:: 2001:2::1 2001:10::1 2001:20::1 2001:db8::1 2002:7f00:1:: 2002:a00:1::1
    2620:4f:8000::1 3ffe::1 3fff::1 3fff:fff::1 4000::1 5f00::1 8000::1 fc00::1 fd00:ec2::254 fe80::1 febf::1
    fec0::1 feff::1 ff00::1 ff02::1 ffff::1
"""
)

# What a resolver reads as 127.0.0.1 or 10.0.0.1, and what is not a host at all.
DISGUISED_HOSTS = words(
    """
    2130706433 017700000001 0x7f000001 0x7F000001 0x7f.1 0x7f.0.0.1 0177.0.0.1 0177.0.0.01 127.1 127.0.1
    127.0.0.1. 127.000.000.001 127.0.0.0x1 0 0x0 00 1 256.256.256.256 127.0.0.1.1 4294967295 4294967296
    foo.0x7f foo.1 10.1 012.0.0.1 0xa.1 ①②⑦.⓪.⓪.① １２７.０.０.１ 127。0。0。1 ⑩.0.0.1
    [::ffff:127.0.0.1%25lo] [127.0.0.1] [::1
    ::1 [::g] [fe80::1%25eth0] [v1.x] %31%32%37.0.0.1 127%2e0.0.1 a..b -a.example a_.-b %00 a%00b a\\b *.example a,b a;b
    {aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa}.example
"""
)


def resolves_to(*answers):
    """A resolver that gives one answer per call, the last for ever; `.calls` counts."""

    async def resolve(_host, _port):
        resolve.calls += 1
        return answers[min(resolve.calls, len(answers)) - 1]

    resolve.calls = 0
    return resolve
