import ForetokenWire
import Speculation
import TestSupport
import Testing

/// Requests for texts that nobody could write.
@Suite struct HostileRequestTests: Refusing {
    @Test func windowsAboveTheirRange() {
        self.refused("assign.window") { $0.message(23) { $0.varint(3, 1 << 31) } }
        self.refused("mirror.window") {
            $0.message(Number.mirror) {
                $0.sampling(); $0.bytes(4, Array("off".utf8)); $0.varint(7, 1 << 31)
            }
        }
        self.refused("open.window") {
            $0.message(Number.open) {
                $0.message(1) { $0.sampling() }; $0.bytes(3, Array("off".utf8)); $0.varint(4, 1 << 31)
            }
        }
    }

    /// A rule is read here and nowhere else: what is wrong with one is said as the command line says it.
    @Test(arguments: ["clever:3", "fixed:0", "sync:sync:fixed:4", "fixed:4\u{1}"])
    func rulesThatCannotBeRead(text: String) throws {
        let reason = #expect(throws: LookaheadRuleError.self) { try LookaheadRule(text) }!.description
        func refused(_ field: String, _ fill: (inout RawMessage) -> Void) {
            var raw = RawMessage()
            raw.varint(1, 77)
            fill(&raw)
            var call: UInt64 = 0
            #expect(throws: WireError.unreadable(field, reason: reason)) {
                try raw.bytes.withUnsafeBytes { try Envelope(decoding: $0, call: &call) }
            }
            #expect(call == 77, "so that the call can be answered")
        }
        let bytes = Array(text.utf8)
        refused("generate.request.lookahead") {
            $0.message(Number.generate) {
                $0.message(1) {
                    $0.sampling(); $0.bytes(6, bytes)
                }
            }
        }
        refused("open.lookahead") {
            $0.message(Number.open) {
                $0.message(1) { $0.sampling() }; $0.bytes(3, bytes)
            }
        }
        refused("mirror.lookahead") {
            $0.message(Number.mirror) {
                $0.sampling(); $0.bytes(4, bytes)
            }
        }
    }

    @Test func samplingThatHasAFault() {
        for bad in [
            Sampling(temperature: .nan), Sampling(temperature: .infinity), Sampling(temperature: -1),
            Sampling(topP: .nan), Sampling(topP: 0), Sampling(minP: .nan), Sampling(minP: 2),
        ] {
            self.refused(
                "generate.request.sampling", .generate(GenerateRequest(request: Request(prompt: "", sampling: bad))))
        }
        self.refused("generate.request.sampling") { $0.message(Number.generate) { $0.message(1) { _ in } } }
        self.refused("generate.request") { $0.message(Number.generate) { _ in } }
    }

    @Test func promptsThatAreNone() {
        func refused(_ field: String, _ prompt: PromptForm) {
            self.refused(
                "generate.request.\(field)", .generate(GenerateRequest(request: Request(prompt: prompt))))
        }
        for role in ["", "a b", "user\n", "<|im_start|>", "ключ", String(repeating: "a", count: 65)] {
            refused("messages.role", .chat([ChatTurn(role: "user", content: ""), ChatTurn(role: role, content: "")]))
        }
        refused("messages", .chat(Array(repeating: ChatTurn(role: "user", content: ""), count: (1 << 14) + 1)))
        refused("prompt_tokens", .tokens(Array(repeating: 1, count: (1 << 20) + 1)))
        self.refused("generate.request.messages.content") {
            $0.message(Number.generate) {
                $0.message(1) {
                    $0.sampling()
                    $0.message(8) {
                        $0.bytes(1, [0x61]); $0.bytes(2, [0xff])
                    }
                }
            }
        }
        // Two forms at once.
        for first in [1, 8, 9] {
            for second in [1, 8, 9] where first != second {
                self.refused("generate.request.prompt") {
                    $0.message(Number.generate) {
                        $0.message(1) { request in
                            request.sampling()
                            for field in [first, second] {
                                if field == 8 {
                                    request.message(8) { $0.bytes(1, [0x61]) }
                                } else {
                                    request.bytes(field, [0x61])
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
