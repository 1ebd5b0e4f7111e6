public import Foundation
public import Speculation

/// What a measurement under load has found, as `foretoken-bench load --output` writes it.
///
/// A JSON object whose members are those of the types below, in snake case, times in seconds: `machine`, `target`, …,
/// one object in `runs` for each measurement, in the order of time, and one in `cells` for each rule and number of
/// clients. What could not be measured is left out.
public struct LoadReport: MeasurementReport {
    /// What was asked for.
    public struct Plan: Codable, Equatable, Sendable {
        /// Slots of target and draft each.
        public var slots: Int
        /// One way, between draft and target.
        public var delayMs: Double
        public var isExact: Bool
        public var maxTokens: Int
        public var temperature: Float
        public var seed: UInt64
        public var repetitions: Int
        /// Time from the start of the clients to the window.
        public var warmUp: Seconds
        /// Length of the window.
        public var window: Seconds
        /// Tokens of a long prompt; `nil` where none were sent.
        public var longPromptTokens: Int?

        public init(
            slots: Int, delayMs: Double, isExact: Bool, maxTokens: Int, temperature: Float, seed: UInt64,
            repetitions: Int, warmUp: Seconds, window: Seconds, longPromptTokens: Int?
        ) {
            self.slots = slots
            self.delayMs = delayMs
            self.isExact = isExact
            self.maxTokens = maxTokens
            self.temperature = temperature
            self.seed = seed
            self.repetitions = repetitions
            self.warmUp = warmUp
            self.window = window
            self.longPromptTokens = longPromptTokens
        }
    }

    /// What kind of report this is, and in which form.
    public var kind = "load"
    public var version = 1
    /// When it began, as ISO 8601.
    public var date: String
    public var commandLine: [String]
    public var machine: Machine
    public var target: MeasuredModel
    public var draft: MeasuredModel
    public var plan: Plan
    public var prompts: [MeasuredPrompt]
    /// Whether all was measured that was asked for.
    public var isComplete = false
    public var runs: [LoadRun] = []
    public var cells: [LoadCell] = []
    public var longPromptEffects: [LongPromptEffect] = []

    public init(
        date: Date, commandLine: [String], machine: Machine, target: MeasuredModel, draft: MeasuredModel,
        plan: Plan, prompts: [MeasuredPrompt]
    ) {
        self.date = date.ISO8601Format()
        self.commandLine = commandLine
        self.machine = machine
        self.target = target
        self.draft = draft
        self.plan = plan
        self.prompts = prompts
    }

    public var samples: [LoadRun] {
        get { self.runs }
        set { self.runs = newValue }
    }

    public mutating func summarize(isComplete: Bool) {
        self.isComplete = isComplete
        self.cells = LoadCell.cells(of: self.runs)
        self.longPromptEffects = LongPromptEffect.effects(of: self.cells)
    }
}
