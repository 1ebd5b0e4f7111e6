import Foundation
import TestSupport
import Testing

@testable import ForetokenGateway

/// Ids as values: what is written is read again, and whatever else comes is refused.
@Suite struct EventIDTests {
    private static func random(_ random: inout SeededGenerator) -> EventID {
        func count() -> Int { Int.random(in: 0..<1 << Int.random(in: 1...30, using: &random), using: &random) }
        let choices = (0..<Int.random(in: 0...4, using: &random)).map { _ -> ChoiceProgress in
            guard Bool.random(using: &random) else {
                return .ended(.init(generatedTokens: count(), promptTokens: count(), reusedTokens: count()))
            }
            let tokens = (0..<Int.random(in: 0...40, using: &random)).map { _ in
                UInt32.random(in: 0...UInt32.max >> UInt32.random(in: 0...31, using: &random), using: &random)
            }
            let held = (0..<Int.random(in: 0...3, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random)
            }
            return .open(
                .init(
                    tokens: tokens, accepted: tokens.count / 3, recovered: tokens.count / 4, bonus: tokens.count / 5,
                    offset: count(), held: held))
        }
        return EventID(
            origin: .init(request: random.next(), model: random.next()), seed: random.next() >> (random.next() % 64),
            answer: "chatcmpl-\(random.next())", created: count(), resumptions: count(),
            begun: choices.isEmpty ? 0 : Int.random(in: 0...choices.count, using: &random),
            isWhole: Bool.random(using: &random), choices: choices)
    }

    @Test func whatIsWrittenIsReadAgain() throws {
        var random = SeededGenerator(seed: 1)
        for _ in 0..<500 {
            let id = Self.random(&random)
            let text = try #require(id.text)
            #expect(try EventID(text) == id)
            #expect(
                text.utf8.allSatisfy {
                    "-_".utf8.contains($0) || Character(UnicodeScalar($0)).isLetter || (48...57).contains($0)
                })
        }
    }

    /// Bytes changed, cut off, put in or repeated are refused, or are another id, of no more than there are bytes.
    @Test func whateverComesIsRefusedOrRead() throws {
        var random = SeededGenerator(seed: 2)
        var refused = 0
        for _ in 0..<5000 {
            var bytes = Array(try #require(Data(base64Encoded: Self.padded(Self.random(&random)))))
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let index = Int.random(in: 0..<max(1, bytes.count), using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: if index < bytes.count { bytes[index] = UInt8.random(in: 0...255, using: &random) }
                case 1: bytes.removeLast(min(bytes.count, Int.random(in: 0...8, using: &random)))
                case 2: bytes.insert([0xff, 0x80, 0, 0x7f].randomElement(using: &random)!, at: min(index, bytes.count))
                default: bytes += bytes.suffix(Int.random(in: 0...40, using: &random))
                }
            }
            let text = Self.url(Data(bytes))
            do {
                let id = try EventID(text)
                let tokens = id.choices.reduce(0) { sum, choice in
                    if case .open(let open) = choice { sum + open.tokens.count } else { sum }
                }
                #expect(tokens + id.choices.count <= bytes.count)
                #expect(try EventID(try #require(id.text)) == id)
            } catch {
                refused += 1
            }
        }
        #expect(refused > 1000 && refused < 5000)
    }

    /// Huge counts, and numbers of more than 64 bits, cost nothing.
    @Test func hugeCountsAreRefused() throws {
        // Version, digests, seed, length of the answer's id, created, resumptions, begun, whole, number of choices.
        let plain: [UInt8] = [1, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        #expect(try EventID(Self.url(Data(plain))).choices.isEmpty)
        func isTaken(_ number: [UInt8], at place: Int) -> Bool {
            var bytes = plain
            bytes.replaceSubrange(place..<place + 1, with: number)
            return (try? EventID(Self.url(Data(bytes)))) != nil
        }
        let most = Array(repeating: UInt8(0xff), count: 9) + [1]
        let tooLarge = Array(repeating: UInt8(0xff), count: 9) + [2]
        let endless = Array(repeating: UInt8(0x80), count: 30)
        let large: [UInt8] = [0xff, 0xff, 0xff, 0xff, 0x7f]
        for place in 1...9 {
            #expect(!isTaken(tooLarge, at: place) && !isTaken(endless, at: place), "\(place)")
            #expect(isTaken(most, at: place) == (1...3).contains(place), "\(place)")
            // Counts of what follows are bounded by what follows.
            #expect(isTaken(large, at: place) == ![4, 7, 8, 9].contains(place), "\(place)")
        }
    }

    private static func padded(_ id: EventID) -> String {
        var text = (id.text ?? "").replacingOccurrences(of: "-", with: "+").replacingOccurrences(of: "_", with: "/")
        while text.count % 4 != 0 { text += "=" }
        return text
    }

    private static func url(_ data: Data) -> String {
        data.base64EncodedString().replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_")
            .replacingOccurrences(of: "=", with: "")
    }
}
