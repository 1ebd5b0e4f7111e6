internal import Executors
internal import Foundation

/// Where something was measured.
public struct Machine: Codable, Equatable, Sendable {
    /// Name of the processor, where the system tells it.
    public var processor: String?
    /// That the process may use.
    public var cores: Int
    public var memoryBytes: UInt64
    public var system: String

    public static var current: Self {
        let process = ProcessInfo.processInfo
        return Self(
            processor: Self.processorName, cores: AvailableCores.count, memoryBytes: process.physicalMemory,
            system: process.operatingSystemVersionString)
    }

    /// From Linux's /proc.
    private static var processorName: String? {
        let information = try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)
        let line = information?.split(separator: "\n").first { $0.hasPrefix("model name") }
        return line?.split(separator: ":", maxSplits: 1).last?.trimmingCharacters(in: .whitespaces)
    }
}
