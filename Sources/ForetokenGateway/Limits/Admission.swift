/// Decides who is let in: how often, and how many at once. A value without clock.
struct Admission: Sendable {
    /// Texts that are written at once at most.
    private(set) var mostTexts: Int
    private(set) var texts = 0
    private var rate: RateLimiter?

    init(mostTexts: Int, perMinute: Int?) {
        self.mostTexts = mostTexts
        self.rate = perMinute.map { RateLimiter(perMinute: $0) }
    }

    /// Goes on with other limits; another rate begins as if nobody had asked yet.
    ///
    /// - Parameter forgetsClients: whether clients' names stand for others from now on.
    mutating func change(mostTexts: Int, perMinute: Int?, forgetsClients: Bool = false) {
        self.mostTexts = mostTexts
        guard forgetsClients || perMinute != self.rate?.perMinute else { return }
        self.rate = perMinute.map { RateLimiter(perMinute: $0) }
    }

    /// Records that a client makes a request.
    mutating func arrive(_ client: String, now: Double) throws(OpenAIError) {
        guard let wait = self.rate?.admit(client, now: now), let perMinute = self.rate?.perMinute else { return }
        throw OpenAIError(
            429, .rateLimit, "more than \(perMinute) requests a minute", code: "rate_limit_exceeded",
            retryAfter: max(1, Int(wait.rounded(.up))))
    }

    /// Makes room for `count` texts; `leave` gives it back.
    mutating func enter(_ count: Int) throws(OpenAIError) {
        guard count <= self.mostTexts else {
            throw OpenAIError(
                parameter: "n",
                "'n' asks for \(count) texts with all prompts, and at most \(self.mostTexts) are written at once",
                code: "out_of_range")
        }
        guard self.texts + count <= self.mostTexts else {
            throw OpenAIError(
                429, .rateLimit, "\(self.texts) texts are being written, of at most \(self.mostTexts) at once",
                code: "overloaded", retryAfter: 1)
        }
        self.texts += count
    }

    mutating func leave(_ count: Int) {
        self.texts -= count
    }
}
