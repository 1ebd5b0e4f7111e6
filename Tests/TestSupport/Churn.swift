public import Foretoken
internal import Foundation
internal import Measurement
public import Testing

/// Very many short requests, several at once, and what processes hold of the system meanwhile.
///
/// `FORETOKEN_REQUESTS` sets how many.
public struct Churn: Sendable {
    private static let requests = ProcessInfo.processInfo.environment["FORETOKEN_REQUESTS"].flatMap { Int($0) } ?? 300
    private static let atOnce = 8

    private let client: ForetokenClient
    private let makeClient: @Sendable () -> ForetokenClient

    /// - Parameters:
    ///   - client: makes most of the requests.
    ///   - makeClient: another one of the same coordinator, for a request over a connection of its own.
    public init(client: ForetokenClient, makeClient: @escaping @Sendable () -> ForetokenClient) {
        self.client = client
        self.makeClient = makeClient
    }

    /// Makes the requests, and expects that the processes hold no more than before, and all slots are free.
    ///
    /// A tenth goes ahead before anything is looked at: threads of pools and buffers come with the first requests.
    /// Memory is compared with that after a third, when caches have been filled.
    ///
    /// - Parameter processes: with their names; `nil` for this one.
    public func run(watching processes: KeyValuePairs<String, Int32?>) async throws {
        let (tenth, third) = (Self.requests / 10, Self.requests / 3)
        try await self.make(0..<tenth)
        let before = processes.map { ProcessUse(of: $0.value) }
        try await self.make(tenth..<third)
        let between = processes.map { ProcessUse(of: $0.value) }
        try await self.make(third..<Self.requests)
        for (index, process) in processes.enumerated() {
            let before = try #require(before[index])
            let between = try #require(between[index])
            let after = try #require(ProcessUse(of: process.value))
            print("\(process.key) before: \(before); after a third: \(between); after: \(after)")
            #expect(after.threads <= before.threads + Self.threadTolerance, "\(process.key)")
            #expect(after.files <= before.files, "\(process.key)")
            #expect(after.residentBytes <= between.residentBytes + Self.memoryTolerance, "\(process.key)")
        }
    }

    /// Swift's own pool starts its threads when it likes, one for each core at most.
    private static var threadTolerance: Int { ProcessInfo.processInfo.activeProcessorCount }

    /// Whatever the number of requests: glibc keeps what was freed in an arena of each thread, some MiB in all. At
    /// 10,000 requests a leak of 1.3 KiB in each exceeds it.
    private static let memoryTolerance = 8 << 20

    /// Makes these requests, and waits until all slots are free.
    private func make(_ numbers: Range<Int>) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in numbers {
                if number - numbers.lowerBound >= Self.atOnce { try await group.next() }
                group.addTask { try await self.request(number) }
            }
            try await group.waitForAll()
        }
        try await self.client.waitUntilFree()
    }

    private func request(_ number: Int) async throws {
        let prompt = "import number\(number)"
        var options = GenerationOptions(
            maxTokens: 1 + number % 5, temperature: number % 2 == 0 ? 0 : 0.8, seed: UInt64(number),
            lookahead: ["off", "fixed:4", "marginal", ""][number % 4])
        switch number % 10 {
        case 0:
            // Cancelled in its middle.
            options.maxTokens = 0
            for try await _ in try await self.client.generate(prompt, options: options) { break }
        case 5:
            // Forgotten at once.
            _ = try await self.client.generate(prompt, options: options)
        case 7:
            let other = self.makeClient()
            _ = try await other.complete(prompt, options: options)
            await other.close()
        default:
            _ = try await self.client.complete(prompt, options: options)
        }
    }
}

extension ForetokenClient {
    /// Asks until no sequence is held anywhere.
    public func waitUntilFree(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        var latest: Deployment?
        try await eventually("all slots are free: \(String(describing: latest))", sourceLocation: sourceLocation) {
            let deployment = try await self.describe()
            latest = deployment
            let members = deployment.targets + deployment.drafts
            return deployment.load.sequences == 0 && members.allSatisfy { $0.load.sequences == 0 }
        }
    }
}
