/// Lets each client make a number of requests a minute: a bucket that fills evenly, and holds as many. A value without
/// clock.
struct RateLimiter: Sendable {
    let perMinute: Int
    private var buckets: [String: Bucket] = [:]
    /// Buckets at which those that are full again are forgotten.
    private var crowd = Self.leastCrowd

    private static let leastCrowd = 1024

    private struct Bucket {
        var requests: Double
        var filledAt: Double
    }

    init(perMinute: Int) {
        precondition(perMinute > 0)
        self.perMinute = perMinute
    }

    private var perSecond: Double { Double(self.perMinute) / 60 }

    /// - Parameter now: in seconds.
    /// - Returns: seconds until the client may come again; `nil` when it may now.
    mutating func admit(_ client: String, now: Double) -> Double? {
        var bucket = self.buckets[client] ?? Bucket(requests: Double(self.perMinute), filledAt: now)
        bucket.requests = self.filling(of: bucket, now: now)
        bucket.filledAt = now
        let wait = bucket.requests >= 1 ? nil : (1 - bucket.requests) / self.perSecond
        if wait == nil { bucket.requests -= 1 }
        self.buckets[client] = bucket
        if self.buckets.count > self.crowd { self.forget(now: now) }
        return wait
    }

    private func filling(of bucket: Bucket, now: Double) -> Double {
        min(Double(self.perMinute), bucket.requests + max(0, now - bucket.filledAt) * self.perSecond)
    }

    private mutating func forget(now: Double) {
        self.buckets = self.buckets.filter { self.filling(of: $0.value, now: now) < Double(self.perMinute) }
        self.crowd = max(Self.leastCrowd, 2 * self.buckets.count)
    }

    /// Clients that are remembered.
    var count: Int { self.buckets.count }
}
