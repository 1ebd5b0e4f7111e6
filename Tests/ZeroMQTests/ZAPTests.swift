import Testing

@testable import ZeroMQ

/// Who is let in is a function of the frames that libzmq sends.
@Suite struct ZAPTests {
    private static let listed = [UInt8](repeating: 7, count: 32)
    private static let unlisted = [UInt8](repeating: 8, count: 32)

    private static func frames(
        version: String = "1.0", mechanism: String = "CURVE", credentials: [[UInt8]] = [Self.listed]
    ) -> [[UInt8]] {
        [
            [1, 2], [], Array(version.utf8), [9], Array("foretoken".utf8), Array("10.0.0.7".utf8), [],
            Array(mechanism.utf8),
        ]
            + credentials
    }

    private static func answer(_ frames: [[UInt8]]) throws -> ZAP.Answer {
        let key = try #require(Curve.text(ofKey: Self.listed))
        return ZAP.answer(frames) { $0 == key }
    }

    @Test func whoIsListedComesInUnderItsKey() throws {
        let answer = try Self.answer(Self.frames())
        let key = try #require(Curve.text(ofKey: Self.listed))
        #expect(answer.verdict == .allowed(key: key))
        #expect(
            answer.frames == [
                [1, 2], [], Array("1.0".utf8), [9], Array("200".utf8), Array("OK".utf8), Array(key.utf8), [],
            ])
    }

    @Test func whoIsNotListedIsSentAwayAndMayComeBack() throws {
        let answer = try Self.answer(Self.frames(credentials: [Self.unlisted]))
        let key = try #require(Curve.text(ofKey: Self.unlisted))
        #expect(answer.verdict == .unlisted(key: key, from: "10.0.0.7"))
        #expect(answer.frames[4] == Array("300".utf8) && answer.frames[6].isEmpty)
    }

    @Test(arguments: [
        Self.frames(mechanism: "NULL", credentials: []),
        Self.frames(mechanism: "PLAIN", credentials: [Array("user".utf8), Array("password".utf8)]),
        Self.frames(mechanism: "CURVE", credentials: []),
        Self.frames(credentials: [Array(Self.listed.dropLast())]),
        Self.frames(credentials: [Self.listed + [7]]),
        Self.frames(credentials: [Self.listed, Self.listed]),
        Self.frames(credentials: [[]]),
    ])
    func whatIsNoKeyIsRefused(frames: [[UInt8]]) throws {
        let answer = try Self.answer(frames)
        #expect(answer.verdict == .malformed)
        #expect(answer.frames.count == 8 && answer.frames[4] == Array("300".utf8) && answer.frames[6].isEmpty)
    }

    @Test(arguments: [
        [], [[1]], [[1], []], [[1], [], Array("1.0".utf8)], [[1], [2], Array("1.0".utf8), [9]],
        Self.frames(version: "2.0"), Self.frames() + Array(repeating: [], count: 10),
        Self.frames(credentials: [[UInt8](repeating: 1, count: 257)]),
    ])
    func whatIsNoQuestionIsNotAnswered(frames: [[UInt8]]) throws {
        #expect(try Self.answer(frames) == ZAP.Answer(frames: [], verdict: .malformed))
    }

    /// Whatever comes: nobody is let in but the one key, and no answer is longer than the question allows.
    @Test func noOtherFramesLetAnyoneIn() throws {
        var random = SystemRandomNumberGenerator()
        let whole = Self.frames()
        let key = try #require(Curve.text(ofKey: Self.listed))
        for _ in 0..<2000 {
            var frames = whole
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                guard let index = frames.indices.randomElement(using: &random) else { break }
                switch Int.random(in: 0..<5, using: &random) {
                case 0: frames.remove(at: index)
                case 1: frames.insert(frames[index], at: index)
                case 2: frames[index].append(.random(in: 0...255, using: &random))
                case 3: _ = frames[index].popLast()
                default:
                    guard !frames[index].isEmpty else { continue }
                    let place = Int.random(in: 0..<frames[index].count, using: &random)
                    frames[index][place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                }
            }
            let answer = try Self.answer(frames)
            #expect(answer.frames.isEmpty || answer.frames.count == 8)
            if case .allowed(let allowed) = answer.verdict {
                #expect(allowed == key && frames[7] == whole[7] && frames[8] == whole[8] && frames.count == 9)
            }
        }
    }

    // MARK: Keys

    @Test func aSecretKeyHasOnePublicKey() throws {
        let (one, other) = (try Curve.makePair(), try Curve.makePair())
        #expect(one != other)
        #expect(Curve.publicKey(of: one.secretKey.text) == one.publicKey)
        #expect(Curve.isKey(one.publicKey) && Curve.isKey(other.secretKey.text))
        #expect(!"\(one)\(Curve.Side.client(one, serverKey: other.publicKey))".contains(one.secretKey.text))
    }

    @Test(arguments: [
        "", "short", String(repeating: "a", count: 39), String(repeating: "a", count: 41),
        String(repeating: "a", count: 39) + "\"", String(repeating: "a", count: 38) + "é",
        String(repeating: "#", count: 40),
        String(repeating: " ", count: 40),
    ])
    func whatIsNoKeyIsToldFromOne(text: String) {
        #expect(!Curve.isKey(text) && Curve.publicKey(of: text) == nil)
    }
}
