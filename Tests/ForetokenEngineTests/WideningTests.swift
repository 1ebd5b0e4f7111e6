import TestSupport
import Testing

@testable import Widening

/// The arithmetic of widening, without a model.
@Suite(.oneAtATime) struct WideningTests {
    private let reference = LlamaShape(
        width: 384, layers: 6, feedForward: 1024, heads: 6, keyValueHeads: 3, vocabulary: 8192)

    @Test func growsAsAsked() throws {
        let widening = try Widening(of: self.reference, width: 1024, layers: 16)
        #expect(
            widening.new
                == LlamaShape(
                    width: 1024, layers: 16, feedForward: 2816, heads: 16, keyValueHeads: 8, vocabulary: 8192))
        #expect(widening.epsilonScale == 0.375)
        #expect(abs(widening.normScale * widening.normScale - 0.375) < 1e-6)
        #expect(try Widening(of: self.reference).new == self.reference)
        #expect(try Widening(of: self.reference, width: 1024, feedForward: 1024).new.feedForward == 1024)
    }

    @Test(arguments: [
        // heads, groups, new heads: new groups, new index of each head
        (6, 3, 16, 8, [0, 1, 2, 3, 4, 5]),
        (6, 3, 9, 3, [0, 1, 3, 4, 6, 7]),
        (6, 3, 15, 5, [0, 1, 3, 4, 6, 7]),
        (4, 4, 7, 7, [0, 1, 2, 3]),
        (4, 1, 7, 1, [0, 1, 2, 3]),
        (8, 2, 12, 3, [0, 1, 2, 3, 4, 5, 6, 7]),
    ])
    func headsStayInTheirGroups(heads: Int, groups: Int, newHeads: Int, newGroups: Int, map: [Int]) throws {
        let old = LlamaShape(
            width: heads * 32, layers: 1, feedForward: 64, heads: heads, keyValueHeads: groups, vocabulary: 10)
        let widening = try Widening(of: old, width: newHeads * 32)
        #expect(widening.new.keyValueHeads == newGroups)
        #expect(widening.new.headSize == 32)
        #expect(widening.headMap == map)
        for head in 0..<heads {
            #expect(widening.headMap[head] / widening.new.headsPerGroup == head / old.headsPerGroup)
        }
    }

    @Test func refusesBySize() {
        func refusal(width: Int? = nil, layers: Int? = nil, feedForward: Int? = nil) -> WideningError? {
            do {
                _ = try Widening(of: self.reference, width: width, layers: layers, feedForward: feedForward)
                return nil
            } catch {
                return error
            }
        }
        #expect(refusal(width: 320) == .tooNarrow(320, least: 384))
        #expect(refusal(width: 1000) == .notWholeHeads(width: 1000, headSize: 64))
        #expect(refusal(width: 448) == .notWholeGroups(heads: 7, groups: 3, headsPerGroup: 2))
        #expect(refusal(layers: 5) == .tooFewLayers(5, least: 6))
        #expect(refusal(feedForward: 1023) == .feedForwardTooNarrow(1023, least: 1024))
        #expect(refusal(width: 64 << 50) == .tooLarge(64 << 50, most: 1 << 20))
        #expect(refusal(layers: 513) == .tooLarge(513, most: 512))
    }

    @Test(arguments: [
        ("width", 6 << 50), ("feed-forward", Int(UInt32.max)), ("vocabulary", .max), ("layers", 1 << 30),
        ("heads", 0), ("heads", -6),
    ])
    func refusesShapesThatNoModelHas(_ size: String, _ value: Int) throws {
        var shape = self.reference
        switch size {
        case "width": shape.width = value
        case "feed-forward": shape.feedForward = value
        case "vocabulary": shape.vocabulary = value
        case "layers": shape.layers = value
        default: shape.heads = value
        }
        let error = #expect(throws: WideningError.self) { try Widening(of: shape) }
        guard case .unusualShape(let reason) = error else {
            Issue.record("\(error.debugDescription)")
            return
        }
        #expect(reason.contains(value > 0 ? "\(value)" : "heads"))
    }

    @Test func refusesAFeedForwardThatGrowsTooLarge() {
        let old = LlamaShape(
            width: 64, layers: 1, feedForward: 1 << 20, heads: 1, keyValueHeads: 1, vocabulary: 2)
        #expect(throws: WideningError.tooLarge(2 << 20, most: 1 << 20)) { try Widening(of: old, width: 128) }
    }

    private let tiny = LlamaShape(width: 4, layers: 1, feedForward: 3, heads: 2, keyValueHeads: 1, vocabulary: 2)
    private var names: [String] {
        [
            "token_embd", "output_norm", "blk.0.attn_norm", "blk.0.attn_q", "blk.0.attn_k", "blk.0.attn_v",
            "blk.0.attn_output", "blk.0.ffn_norm", "blk.0.ffn_gate", "blk.0.ffn_up", "blk.0.ffn_down",
        ].map { "\($0).weight" }
    }

    /// A matrix whose number in row r and column c is 10 r + c + 1, widened.
    private func wide(_ name: String, in tensors: [WideTensor]) throws -> [[Float]] {
        let tensor = try #require(tensors.first { $0.name == name })
        return (0..<tensor.rows.size).map { row in
            tensor.row(row) { row in (0..<tensor.columns.oldSize).map { Float(10 * row + $0 + 1) } }
        }
    }

    @Test func padsWithZerosAndMovesHeads() throws {
        // Three heads of 2 in a group of their own; the first two stay where they are.
        let widening = try Widening(of: self.tiny, width: 6, layers: 2, feedForward: 4)
        let tensors = try widening.tensors(of: self.names)
        #expect(tensors.count == 20)
        #expect(try self.wide("token_embd.weight", in: tensors) == [[1, 2, 3, 4, 0, 0], [11, 12, 13, 14, 0, 0]])
        #expect(try self.wide("blk.0.attn_k.weight", in: tensors) == [[1, 2, 3, 4, 0, 0], [11, 12, 13, 14, 0, 0]])
        let query = try self.wide("blk.0.attn_q.weight", in: tensors)
        #expect(query.map(\.first) == [1, 11, 21, 31, 0, 0])
        #expect(query[3] == [31, 32, 33, 34, 0, 0])
        let output = try self.wide("blk.0.attn_output.weight", in: tensors)
        #expect(output.map(\.last) == [0, 0, 0, 0, 0, 0])
        #expect(output[3] == [31, 32, 33, 34, 0, 0])
        #expect(try self.wide("blk.0.ffn_gate.weight", in: tensors)[2] == [21, 22, 23, 24, 0, 0])
        #expect(try self.wide("blk.0.ffn_gate.weight", in: tensors)[3] == [0, 0, 0, 0, 0, 0])
        #expect(try self.wide("blk.0.ffn_down.weight", in: tensors)[3] == [31, 32, 33, 0])
        let scale = widening.normScale
        #expect(try self.wide("output_norm.weight", in: tensors) == [[scale, 2 * scale, 3 * scale, 4 * scale, 0, 0]])

        // The new layer costs what the old one does, and says nothing.
        for part in ["attn_norm", "attn_q", "attn_k", "attn_v", "ffn_norm", "ffn_gate", "ffn_up"] {
            let (old, new) = ("blk.0.\(part).weight", "blk.1.\(part).weight")
            #expect(try self.wide(new, in: tensors) == self.wide(old, in: tensors))
        }
        for part in ["attn_output", "ffn_down"] {
            #expect(try self.wide("blk.1.\(part).weight", in: tensors).allSatisfy { $0.allSatisfy { $0 == 0 } })
        }
    }

    @Test func movesHeadsApart() throws {
        var shape = self.tiny
        (shape.width, shape.heads, shape.keyValueHeads) = (4, 4, 2)
        // Six heads of 1: two groups of three, or three of two; the latter keep the heads in place.
        #expect(try Widening(of: shape, width: 6).headMap == [0, 1, 2, 3])
        // Nine heads: three groups of three.
        let tensors = try Widening(of: shape, width: 9).tensors(of: self.names)
        #expect(try self.wide("blk.0.attn_q.weight", in: tensors).map(\.first) == [1, 11, 0, 21, 31, 0, 0, 0, 0])
        #expect(try self.wide("blk.0.attn_output.weight", in: tensors)[1] == [11, 12, 0, 13, 14, 0, 0, 0, 0])
        #expect(try self.wide("blk.0.attn_v.weight", in: tensors).map(\.first) == [1, 11, 0])
    }

    @Test func refusesTensorsThatALlamaHasNot() throws {
        let widening = try Widening(of: self.tiny, width: 6)
        for name in [
            "blk.0.attn_q.bias", "blk.1.attn_q.weight", "blk.0.ffn_gate_exps.weight", "blk.x.attn_q.weight", "",
        ] {
            #expect(throws: WideningError.unknownTensor(name)) { try widening.tensors(of: self.names + [name]) }
        }
        for name in self.names {
            #expect(throws: WideningError.missingTensor(name)) {
                try widening.tensors(of: self.names.filter { $0 != name })
            }
        }
        #expect(try widening.tensors(of: self.names + ["output.weight", "rope_freqs.weight"]).count == 13)
    }

    @Test func noiseHasTheScaleOfARow() {
        let row = (0..<4096).map { Float($0 % 7) - 3 }
        let noise = RowNoise(seed: 1).row(like: row, 5, of: 2)
        func scale(_ row: [Float]) -> Float { (row.reduce(0) { $0 + $1 * $1 } / Float(row.count)).squareRoot() }
        #expect(abs(scale(noise) / scale(row) - 1) < 0.05)
        #expect(abs(noise.reduce(0, +) / 4096) < 0.1)
        #expect(RowNoise(seed: 1).row(like: row, 5, of: 2) == noise)
        #expect(RowNoise(seed: 1).row(like: row, 6, of: 2) != noise)
        #expect(RowNoise(seed: 1).row(like: row, 5, of: 3) != noise)
        #expect(RowNoise(seed: 2).row(like: row, 5, of: 2) != noise)
        #expect(RowNoise(seed: 1).row(like: [0, 0], 0, of: 0) == [0, 0])
    }
}
