import TestSupport
import Testing

@testable import ForetokenLinks

@Suite(.oneAtATime) struct AddressTests {
    @Test(arguments: [
        "tcp://127.0.0.1:7000", "tcp://host.example:1", "tcp://[::1]:65535", "ipc:///run/foretoken.sock", "inproc://a",
    ])
    func goodAddresses(text: String) throws {
        #expect(try Address(text, listening: false).text == text)
        #expect(try Address(text, listening: true).text == text)
    }

    @Test(arguments: ["tcp://*:0", "tcp://*:*", "tcp://127.0.0.1:0", "tcp://eth0:*", "ipc://*"])
    func addressesForListenersAlone(text: String) throws {
        #expect(try Address(text, listening: true).text == text)
        #expect(throws: LinkError.self) { try Address(text, listening: false) }
    }

    @Test(arguments: [
        ("127.0.0.1", true, true), ("127.255.0.9", true, true), ("localhost", true, true), ("[::1]", true, true),
        ("lo", true, false), ("lo.example", false, false), ("127.+0.0.1", false, false), ("127.0.0", false, false),
        ("127.0.0.256", false, false), ("127.0.0.1.example", false, false), ("128.0.0.1", false, false),
        ("0.0.0.0", false, false), ("[::]", false, false), ("127.0..1", false, false),
    ])
    func onlyTheLoopbackIsTakenForIt(host: String, listening: Bool, connecting: Bool) throws {
        let address = try Address("tcp://\(host):7000", listening: true)
        #if os(Linux)
            #expect(address.isLoopback(listening: true) == listening)
        #endif
        #expect(address.isLoopback(listening: false) == connecting)
    }

    @Test(arguments: [
        ("127.0.0.1:7000", "it does not begin with tcp://"),
        ("http://host:80", "http is none of tcp, ipc, inproc"),
        ("://host:80", "an empty scheme is none of tcp, ipc, inproc"),
        ("tcp://host", "the port is missing"),
        ("tcp://:7000", "the host is missing"),
        ("tcp://host:", "the port is no number from 0 to 65535"),
        ("tcp://host:65536", "the port is no number from 0 to 65535"),
        ("tcp://host:-1", "the port is no number from 0 to 65535"),
        ("tcp://host:7000/", "the port is no number from 0 to 65535"),
        ("tcp://::1:7000", "an IPv6 address is written in brackets, as [::1]"),
        ("tcp://a b:7000", "the host holds a character that no host has"),
        ("tcp://a\0b:7000", "it holds a zero byte"),
        ("ipc://", "the path is not of 1 to 103 bytes"),
        ("inproc://", "the name is not of 1 to 250 bytes"),
    ])
    func badAddresses(text: String, reason: String) {
        #expect(throws: LinkError.badAddress(text, reason: reason)) { try Address(text, listening: true) }
    }
}
