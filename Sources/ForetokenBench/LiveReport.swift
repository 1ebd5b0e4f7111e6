public import Foundation

/// What a live measurement has found, as `foretoken bench live --output` writes it.
///
/// A JSON object whose members are those of the types below, in snake case: `machine`, `target`, `draft`, …, one object
/// in `samples` for each text, in the order of measurement, and one in `cells` for each arm at each delay. What could
/// not be measured is left out.
public struct LiveReport: Codable, Equatable, Sendable {
    /// A model, and what of the machine it had.
    public struct Model: Codable, Equatable, Sendable {
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

    public struct Prompt: Codable, Equatable, Sendable {
        /// File and line.
        public var place: String
        public var domain: String

        public init(place: String, domain: String) {
            self.place = place
            self.domain = domain
        }
    }

    /// What kind of report this is, and in which form.
    public var kind = "live"
    public var version = 1
    /// Of the beginning, as ISO 8601.
    public var date: String
    public var commandLine: [String]
    public var machine: Machine
    public var target: Model
    public var draft: Model
    /// Of the target in arms where both models run in turn.
    public var colocatedThreads: Int
    public var isExact: Bool
    public var maxTokens: Int
    public var temperature: Float
    public var seed: UInt64
    public var repetitions: Int
    public var prompts: [Prompt]
    /// Whether all was measured that was asked for.
    public var isComplete = false
    public var samples: [LiveSample] = []
    public var cells: [LiveCell] = []

    public init(
        date: Date, commandLine: [String], machine: Machine, target: Model, draft: Model, colocatedThreads: Int,
        isExact: Bool, maxTokens: Int, temperature: Float, seed: UInt64, repetitions: Int, prompts: [Prompt]
    ) {
        self.date = date.ISO8601Format()
        self.commandLine = commandLine
        self.machine = machine
        self.target = target
        self.draft = draft
        self.colocatedThreads = colocatedThreads
        self.isExact = isExact
        self.maxTokens = maxTokens
        self.temperature = temperature
        self.seed = seed
        self.repetitions = repetitions
        self.prompts = prompts
    }

    /// Sums the samples up.
    public mutating func summarize(isComplete: Bool) {
        self.isComplete = isComplete
        self.cells = LiveCell.cells(of: self.samples)
    }

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
