public import Foundation
public import Speculation

/// One line of the history of a campaign of faults: what happened, and when.
///
/// A JSON object with the time and one more member, which is named after what happened and holds its particulars.
public struct ChaosEvent: Equatable, Sendable {
    public enum What: Equatable, Sendable {
        /// Always the first.
        case campaign(ChaosCampaign)
        case request(ChaosRequest)
        case tokens(ChaosTokens)
        case end(ChaosEnd)
        case fault(ChaosFault)
        case process(ChaosProcess)
        /// Every few seconds, of each process.
        case use(ChaosUse)
    }

    /// Since the campaign began.
    public var at: Seconds
    public var what: What

    public init(at: Seconds, _ what: What) {
        self.at = at
        self.what = what
    }
}

extension ChaosEvent: Codable {
    private enum Key: String, CodingKey {
        case at, campaign, request, tokens, end, fault, process, use
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        func value<Value: Decodable>(_ key: Key) throws -> Value? {
            try container.decodeIfPresent(Value.self, forKey: key)
        }

        self.at = try container.decode(Seconds.self, forKey: .at)
        if let campaign: ChaosCampaign = try value(.campaign) {
            self.what = .campaign(campaign)
        } else if let request: ChaosRequest = try value(.request) {
            self.what = .request(request)
        } else if let tokens: ChaosTokens = try value(.tokens) {
            self.what = .tokens(tokens)
        } else if let end: ChaosEnd = try value(.end) {
            self.what = .end(end)
        } else if let fault: ChaosFault = try value(.fault) {
            self.what = .fault(fault)
        } else if let use: ChaosUse = try value(.use) {
            self.what = .use(use)
        } else {
            self.what = .process(try container.decode(ChaosProcess.self, forKey: .process))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(self.at, forKey: .at)
        switch self.what {
        case .campaign(let campaign): try container.encode(campaign, forKey: .campaign)
        case .request(let request): try container.encode(request, forKey: .request)
        case .tokens(let tokens): try container.encode(tokens, forKey: .tokens)
        case .end(let end): try container.encode(end, forKey: .end)
        case .fault(let fault): try container.encode(fault, forKey: .fault)
        case .process(let process): try container.encode(process, forKey: .process)
        case .use(let use): try container.encode(use, forKey: .use)
        }
    }

    /// One line of JSON, with its end.
    public func line() throws -> Data {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(self) + [UInt8(ascii: "\n")]
    }

    /// Reads a history.
    public static func read(_ lines: Data) throws -> [Self] {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try lines.split(separator: UInt8(ascii: "\n")).map { try decoder.decode(Self.self, from: $0) }
    }
}
