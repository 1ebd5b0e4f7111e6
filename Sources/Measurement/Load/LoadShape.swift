public import Speculation

/// When requests begin.
public enum LoadShape: Equatable, Sendable {
    /// So many clients, each of which asks again as soon as it has its answer.
    case closed(clients: Int)
    /// So many requests a second on average, at times that no answer changes.
    case open(rate: Double)
}

/// How much is asked for.
public enum LoadBound: Equatable, Sendable {
    case requests(Int)
    case seconds(Seconds)
}

/// Which of the two sides of a comparison a request belongs to.
public enum LoadArm: String, Codable, Sendable, CaseIterable {
    /// With the lookahead that was asked for, or the server's own.
    case asked = "as asked"
    /// The target alone.
    case off
}

/// A request that is to be sent.
public struct LoadOrder: Equatable, Sendable {
    /// From 0 within its window.
    public var number: Int
    public var arm: LoadArm
    /// Which client of a closed loop asks, from 0.
    public var client: Int?
    /// Index of the prompt.
    public var prompt: Int
    /// How often that prompt was asked before.
    public var round: Int
    /// When it should begin; every latency is measured from here, on the clock of the run.
    public var scheduled: Seconds
    /// Whether it tells of more than the warm-up.
    public var isCounted: Bool
    /// The part of a text that is asked for: 1, but for the first texts of clients that are to be out of step.
    public var share: Double

    public init(
        number: Int, arm: LoadArm, client: Int? = nil, prompt: Int, round: Int, scheduled: Seconds, isCounted: Bool,
        share: Double = 1
    ) {
        self.number = number
        self.arm = arm
        self.client = client
        self.prompt = prompt
        self.round = round
        self.scheduled = scheduled
        self.isCounted = isCounted
        self.share = share
    }
}
