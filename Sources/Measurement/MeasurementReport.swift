public import Foundation

/// What a command writes of its measurement: a JSON object with the members of the type in snake case.
public protocol WrittenReport: Codable {}

/// What a live measurement has found.
public protocol MeasurementReport: WrittenReport, Equatable, Sendable {
    /// What is measured one after the other.
    associatedtype Sample: Sendable

    /// In the order of time.
    var samples: [Sample] { get set }

    /// Sums the samples up.
    ///
    /// - Parameter isComplete: whether all was measured that was asked for.
    mutating func summarize(isComplete: Bool)
}

extension WrittenReport {
    public func encoded() throws -> Data {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(self)
    }

    public init(decoding data: Data) throws {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        self = try decoder.decode(Self.self, from: data)
    }
}

/// A model that was measured, and what of the machine it had.
public struct MeasuredModel: Codable, Equatable, Sendable {
    public var name: String
    /// `nil`: the bundled one.
    public var file: String?
    public var parameters: UInt64
    public var threads: Int

    public init(name: String, file: String?, parameters: UInt64, threads: Int) {
        self.name = name
        self.file = file
        self.parameters = parameters
        self.threads = threads
    }
}

/// A prompt that was measured with.
public struct MeasuredPrompt: Codable, Equatable, Sendable {
    /// File and line.
    public var place: String
    public var domain: String

    public init(place: String, domain: String) {
        self.place = place
        self.domain = domain
    }
}
