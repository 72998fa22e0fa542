"""Which addresses are not the public Internet, as data. Decides nothing.

Source: IANA's Special-Purpose Address Registries, for IPv4 (iana.org/assignments/iana-ipv4-special-registry) as updated
2020-09-04, for IPv6 (iana.org/assignments/iana-ipv6-special-registry) as updated 2024-10-22 and with RFC 9780's
100:0:0:1::/64; for multicast the address space registries. A block is GLOBAL only where the registry says "Globally
Reachable: True": "N/A", which stands at 2002::/16 and 2001::/32, is not True. IPv4 in no row is GLOBAL (so are the
registry's 192.31.196.0/24, 192.52.193.0/24 and 192.175.48.0/24), IPv6 only in a row. The most specific stands first.

A row is (bits, prefix, kind, block and name): the address is in the block if its first `bits` bits are `prefix`.
"""

from __future__ import annotations

GLOBAL = "global"  # anybody's server
PRIVATE = "private"  # this machine and networks near it: may be opened by the policy's owner
UNUSABLE = "unusable"  # no server can have it, or connecting to it means another address
METADATA = "metadata"  # hands out a cloud machine's credentials: nothing opens it

IPV4_BLOCKS = (
    (8, 0x00, UNUSABLE, "0.0.0.0/8 this network"),
    (8, 0x0A, PRIVATE, "10.0.0.0/8 private use"),
    (10, 0x191, PRIVATE, "100.64.0.0/10 shared address space"),
    (8, 0x7F, PRIVATE, "127.0.0.0/8 loopback"),
    (16, 0xA9FE, PRIVATE, "169.254.0.0/16 link local"),
    (12, 0xAC1, PRIVATE, "172.16.0.0/12 private use"),
    (32, 0xC0000009, GLOBAL, "192.0.0.9/32 port control protocol anycast"),
    (32, 0xC000000A, GLOBAL, "192.0.0.10/32 TURN anycast"),
    (24, 0xC00000, PRIVATE, "192.0.0.0/24 protocol assignments"),
    (24, 0xC00002, PRIVATE, "192.0.2.0/24 documentation"),
    (24, 0xC05863, UNUSABLE, "192.88.99.0/24 6to4 relay anycast, withdrawn"),
    (16, 0xC0A8, PRIVATE, "192.168.0.0/16 private use"),
    (15, 0x6309, PRIVATE, "198.18.0.0/15 benchmarking"),
    (24, 0xC63364, PRIVATE, "198.51.100.0/24 documentation"),
    (24, 0xCB0071, PRIVATE, "203.0.113.0/24 documentation"),
    (4, 0xE, UNUSABLE, "224.0.0.0/4 multicast"),
    (32, 0xFFFFFFFF, UNUSABLE, "255.255.255.255/32 limited broadcast"),
    (4, 0xF, UNUSABLE, "240.0.0.0/4 reserved"),
)

IPV6_BLOCKS = (
    (128, 0, UNUSABLE, "::/128 unspecified"),
    (128, 1, PRIVATE, "::1/128 loopback"),
    (96, 0, UNUSABLE, "::/96 IPv4-compatible, deprecated"),
    (48, 0x0064FF9B0001, PRIVATE, "64:ff9b:1::/48 local-use IPv4/IPv6 translation"),
    (64, 0x0100000000000000, UNUSABLE, "100::/64 discard only"),
    (64, 0x0100000000000001, UNUSABLE, "100:0:0:1::/64 dummy prefix"),
    (32, 0x20010000, PRIVATE, "2001::/32 Teredo"),
    (128, 0x20010001000000000000000000000001, GLOBAL, "2001:1::1/128 port control protocol anycast"),
    (128, 0x20010001000000000000000000000002, GLOBAL, "2001:1::2/128 TURN anycast"),
    (128, 0x20010001000000000000000000000003, GLOBAL, "2001:1::3/128 DNS-SD registration anycast"),
    (48, 0x200100020000, PRIVATE, "2001:2::/48 benchmarking"),
    (32, 0x20010003, GLOBAL, "2001:3::/32 AMT"),
    (48, 0x200100040112, GLOBAL, "2001:4:112::/48 AS112"),
    (28, 0x2001001, UNUSABLE, "2001:10::/28 ORCHID, deprecated"),
    (28, 0x2001002, GLOBAL, "2001:20::/28 ORCHIDv2"),
    (28, 0x2001003, GLOBAL, "2001:30::/28 drone remote identification"),
    (23, 0x100080, PRIVATE, "2001::/23 protocol assignments"),
    (32, 0x20010DB8, PRIVATE, "2001:db8::/32 documentation"),
    (16, 0x2002, PRIVATE, "2002::/16 6to4"),
    (20, 0x3FFF0, PRIVATE, "3fff::/20 documentation"),
    (3, 0b001, GLOBAL, "2000::/3 global unicast"),
    (16, 0x5F00, PRIVATE, "5f00::/16 segment routing"),
    (7, 0x7E, PRIVATE, "fc00::/7 unique local"),
    (10, 0x3FA, PRIVATE, "fe80::/10 link local"),
    (10, 0x3FB, PRIVATE, "fec0::/10 site local, deprecated"),
    (8, 0xFF, UNUSABLE, "ff00::/8 multicast"),
    (0, 0, UNUSABLE, "::/0 outside what IANA assigns"),
)

# Where cloud machines ask for their own credentials. 169.254.169.0/24 and fd00:ec2::/32 are whole, since the
# neighbours of the well-known address answer the same machines (DNS, time, licences).
IPV4_METADATA = (
    (24, 0xA9FEA9, METADATA, "169.254.169.0/24 metadata of AWS, Azure, Google, OpenStack and others"),
    (24, 0xA9FEAA, METADATA, "169.254.170.0/24 metadata of AWS containers"),
    (32, 0xA9FE0017, METADATA, "169.254.0.23/32 metadata of Tencent Cloud"),
    (32, 0xA9FE2A2A, METADATA, "169.254.42.42/32 metadata of Scaleway"),
    (32, 0x646464C8, METADATA, "100.100.100.200/32 metadata of Alibaba Cloud"),
    (32, 0x64600060, METADATA, "100.96.0.96/32 metadata of Volcano Engine"),
    (32, 0xC00000C0, METADATA, "192.0.0.192/32 metadata of Oracle Cloud"),
    (32, 0xA83F8110, METADATA, "168.63.129.16/32 agent channel of Azure"),
)
IPV6_METADATA = (
    (32, 0xFD000EC2, METADATA, "fd00:ec2::/32 metadata of AWS"),
    (128, 0xFD2000CE000000000000000000000254, METADATA, "fd20:ce::254/128 metadata of Google Cloud"),
    (128, 0xFD000042000000000000000000000042, METADATA, "fd00:42::42/128 metadata of Scaleway"),
    (128, 0xFE8000000000000000000000A9FEA9FE, METADATA, "fe80::a9fe:a9fe/128 metadata of OpenStack"),
)
