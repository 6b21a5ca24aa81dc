//! Which addresses messages may be sent to: whoever may write a channel must not reach, through this server, what only it can reach.

use super::Outbound;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Where clouds answer with credentials outside of the link-local range.
const METADATA: [Ipv4Addr; 3] =
    [Ipv4Addr::new(100, 100, 100, 200), Ipv4Addr::new(168, 63, 129, 16), Ipv4Addr::new(192, 0, 0, 192)];
const METADATA_6: [Ipv6Addr; 2] =
    [Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254), Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254)];

/// `Err` says what kind of address it is, as the end of “leads to …”.
pub fn check(address: IpAddr, outbound: Outbound) -> Result<(), &'static str> {
    match inner(address) {
        IpAddr::V4(v4) => check_v4(v4, outbound),
        IpAddr::V6(v6) => check_v6(v6, outbound),
    }
}

fn check_v4(address: Ipv4Addr, outbound: Outbound) -> Result<(), &'static str> {
    let [a, b, ..] = address.octets();
    match address {
        _ if METADATA.contains(&address) => Err("a metadata service"),
        v4 if v4.is_link_local() => Err("a link-local address"),
        v4 if v4.is_multicast() || v4.is_broadcast() || a == 0 || a >= 240 => Err("no single machine"),
        _ if outbound.private => Ok(()),
        v4 if v4.is_loopback() => Err("this machine"),
        v4 if v4.is_private()
            || (a == 100 && b & 0xc0 == 64)
            || (a == 198 && b & 0xfe == 18)
            || (a == 192 && b == 0 && v4.octets()[2] == 0) =>
        {
            Err("a private network")
        }
        _ => Ok(()),
    }
}

fn check_v6(address: Ipv6Addr, outbound: Outbound) -> Result<(), &'static str> {
    let first = address.segments()[0];
    match address {
        _ if METADATA_6.contains(&address) => Err("a metadata service"),
        _ if first & 0xffc0 == 0xfe80 || first & 0xffc0 == 0xfec0 => Err("a link-local address"),
        v6 if v6.is_multicast() || v6.is_unspecified() => Err("no single machine"),
        _ if outbound.private => Ok(()),
        v6 if v6.is_loopback() => Err("this machine"),
        _ if first & 0xfe00 == 0xfc00 => Err("a private network"),
        _ => Ok(()),
    }
}

/// The IPv4 address that an IPv6 one stands for: mapped, compatible, NAT64, 6to4.
fn inner(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else { return address };
    let s = v6.segments();
    let v4 = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        IpAddr::V4(Ipv4Addr::new(a, b, c, d))
    };
    match s {
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => v4(high, low),
        [0, 0, 0, 0, 0, 0, high, low] if high != 0 => v4(high, low),
        [0x2002, high, low, ..] => v4(high, low),
        _ => address,
    }
}

/// For a host that is written as an address: so that it is refused when it is saved, not first when it is used.
pub fn check_literal(host: &str, outbound: Outbound) -> Result<(), &'static str> {
    match host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
        Ok(address) => check(address, outbound),
        Err(_) if host.eq_ignore_ascii_case("localhost") && !outbound.private => Err("this machine"),
        Err(_) => Ok(()),
    }
}

/// Whether messages may be sent in the clear: only within networks that one's own people run.
pub fn is_plain_text_allowed(outbound: Outbound) -> bool {
    outbound.private
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_reached() {
        // Address, whether it is reached from outside, whether it is with private networks allowed.
        for (address, public, private) in [
            ("93.184.216.34", true, true),
            ("2606:2800:220:1::1", true, true),
            ("127.0.0.1", false, true),
            ("::1", false, true),
            ("10.1.2.3", false, true),
            ("172.20.0.1", false, true),
            ("172.32.0.1", true, true),
            ("192.168.1.1", false, true),
            ("100.64.0.1", false, true),
            ("198.18.0.1", false, true),
            ("fd12::1", false, true),
            ("::ffff:10.0.0.1", false, true),
            ("64:ff9b::a00:1", false, true),
            ("2002:a00:1::1", false, true),
            ("169.254.169.254", false, false),
            ("::ffff:169.254.169.254", false, false),
            ("64:ff9b::a9fe:a9fe", false, false),
            ("fe80::1", false, false),
            ("fd00:ec2::254", false, false),
            ("100.100.100.200", false, false),
            ("168.63.129.16", false, false),
            ("0.0.0.0", false, false),
            ("::", false, false),
            ("224.0.0.1", false, false),
            ("255.255.255.255", false, false),
        ] {
            let parsed: IpAddr = address.parse().unwrap();
            assert_eq!(check(parsed, Outbound { private: false }).is_ok(), public, "{address}");
            assert_eq!(check(parsed, Outbound { private: true }).is_ok(), private, "{address} with private networks");
        }
        for (host, fine) in [("localhost", false), ("[::1]", false), ("10.0.0.1", false), ("hooks.example", true)] {
            assert_eq!(check_literal(host, Outbound::default()).is_ok(), fine, "{host}");
        }
    }
}
