import Foretoken
import Foundation
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A service in a process of its own, ready.
struct Service: Sendable {
    let process: RunningProcess
    let address: String
    /// Where it serves HTTP, if it does.
    let http: String?

    /// - Parameters:
    ///   - environment: more of it, such as `NAME=value`.
    ///   - starter: a program that starts it, and that program's arguments.
    init(_ arguments: [String], environment: [String] = [], startedBy starter: [String] = []) async throws {
        let before = environment + starter
        self.process =
            before.isEmpty
            ? try RunningProcess(["serve"] + arguments)
            : try RunningProcess(
                before + [RunningProcess.executable, "serve"] + arguments, executable: "/usr/bin/env")
        let ready = try await self.process.wait(for: "ready line") { $0.output.contains("\n") }
        let line = try #require(ready.output.split(separator: "\n").first)
        let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        self.address = try #require(object["address"] as? String)
        self.http = object["http"] as? String
    }

    static let anyPort = "tcp://127.0.0.1:0"

    static func target(_ more: String...) async throws -> Service {
        try await Service(["target", "--listen", self.anyPort, "--threads", "1"] + more)
    }

    static func draft(at address: String = Self.anyPort) async throws -> Service {
        try await Service(["draft", "--listen", address])
    }

    /// All three in one process, with HTTP.
    static func all(_ more: [String] = []) async throws -> Service {
        let own = ["--listen", "--listen-target", "--listen-draft"].flatMap { [$0, self.anyPort] }
        return try await Service(["all", "--http", "127.0.0.1:0"] + own + more)
    }

    static func coordinator(target: Service, drafts: [String], _ more: [String] = []) async throws -> Service {
        try await Service(
            ["coordinator", "--listen", self.anyPort, "--target", target.address]
                + drafts.flatMap { ["--draft", $0] } + more)
    }
}

/// Target, draft and coordinator as three processes.
struct Trio: Sendable {
    let target: Service
    let draft: Service
    let coordinator: Service

    init() async throws {
        async let target = Service.target()
        async let draft = Service.draft()
        self.target = try await target
        self.draft = try await draft
        self.coordinator = try await Service.coordinator(target: self.target, drafts: [self.draft.address])
    }
}

/// A client of a coordinator, closed at the end.
func withClient<Result>(
    of coordinator: Service, _ body: (ForetokenClient) async throws -> Result
) async throws -> Result {
    try await withForetokenClient(address: coordinator.address, body)
}

extension ForetokenClient {
    /// Generates short texts until a draft has had a part in one.
    func waitForDraft() async throws {
        let options = GenerationOptions(maxTokens: 16, lookahead: "fixed:4")
        try await eventually("a draft token is accepted") {
            try await self.complete("import unittest", options: options).statistics.acceptedTokens > 0
        }
    }

    func tokens(_ prompt: String, count: Int, lookahead: String) async throws -> [UInt32] {
        try await self.complete(prompt, options: GenerationOptions(maxTokens: count, lookahead: lookahead)).tokens
    }
}
