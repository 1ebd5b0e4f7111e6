public import Foundation

/// What a live measurement has found, as `foretoken-bench live --output` writes it.
///
/// A JSON object whose members are those of the types below, in snake case: `machine`, `target`, `draft`, …, one object
/// in `samples` for each text, in the order of measurement, and one in `cells` for each arm at each delay. What could
/// not be measured is left out.
public struct LiveReport: MeasurementReport {
    /// What kind of report this is, and in which form.
    public var kind = "live"
    public var version = 1
    /// When it began, as ISO 8601.
    public var date: String
    public var commandLine: [String]
    public var machine: Machine
    public var target: MeasuredModel
    public var draft: MeasuredModel
    /// Threads of the target in arms where both models run in turn.
    public var colocatedThreads: Int
    public var isExact: Bool
    public var maxTokens: Int
    public var temperature: Float
    public var seed: UInt64
    public var repetitions: Int
    public var prompts: [MeasuredPrompt]
    /// Whether all was measured that was asked for.
    public var isComplete = false
    public var samples: [LiveSample] = []
    public var cells: [LiveCell] = []

    public init(
        date: Date, commandLine: [String], machine: Machine, target: MeasuredModel, draft: MeasuredModel,
        colocatedThreads: Int,
        isExact: Bool, maxTokens: Int, temperature: Float, seed: UInt64, repetitions: Int, prompts: [MeasuredPrompt]
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

    public mutating func summarize(isComplete: Bool) {
        self.isComplete = isComplete
        self.cells = LiveCell.cells(of: self.samples)
    }
}
