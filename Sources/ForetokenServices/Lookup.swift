internal import ForetokenLinks

/// When names are asked for: now and then, and often while one of them has not been answered.
///
/// A value without clock; its owner asks, off its loop, and tells it of the end.
struct Lookup {
    /// Seconds between two questions for names that were answered.
    static let interval = 15.0
    /// Seconds until the next try for one that was not.
    static let retry = 2.0

    private(set) var names: [String]
    private var isAsking = false
    /// Whether there are other names than those that are asked for now.
    private var hasChanged = false
    private var nextAt = -Double.infinity
    private var isAnswered = true

    init(names: [String] = []) {
        self.names = names
    }

    /// Goes on with other names, and asks for them soon.
    mutating func change(to names: [String]) {
        guard names != self.names else { return }
        self.names = names
        self.nextAt = -.infinity
        self.hasChanged = true
    }

    /// - Returns: the names that are to be asked for now.
    mutating func begin(now: Double) -> [String] {
        guard !self.names.isEmpty, !self.isAsking, now >= self.nextAt else { return [] }
        (self.isAsking, self.isAnswered, self.hasChanged) = (true, true, false)
        return self.names
    }

    /// A name was asked for.
    mutating func answered(by addresses: [String]) {
        if addresses.isEmpty { self.isAnswered = false }
    }

    mutating func end(now: Double) {
        self.isAsking = false
        self.nextAt = self.hasChanged ? -.infinity : now + (self.isAnswered ? Self.interval : Self.retry)
    }
}
