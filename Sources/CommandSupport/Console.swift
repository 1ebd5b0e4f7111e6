import Foundation
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#endif

/// Standard output and error, unbuffered: what is written is there.
package enum Console {
    /// Who speaks, as it was called.
    private static let program = URL(filePath: CommandLine.arguments[0]).lastPathComponent

    package static func write(_ text: String) {
        self.write(text, to: 1)
    }

    package static func writeError(_ text: String) {
        self.write(text, to: 2)
    }

    /// One line on standard error that names the cause.
    package static func error(_ message: String) { self.tell("error", .red, message) }

    package static func warning(_ message: String) { self.tell("warning", .yellow, message) }

    private static let speaksJSON = Atomic(false)

    /// Has errors and warnings be JSON from now on, as the log beside them is.
    package static func speakJSON() { self.speaksJSON.store(true, ordering: .relaxed) }

    private static func tell(_ level: String, _ color: Color, _ message: String) {
        if self.speaksJSON.load(ordering: .relaxed) {
            return self.writeError(JSONLogHandler.line(level: level, logger: self.program, message: message))
        }
        self.writeError(self.paint("\(self.program): \(level):", color) + " \(message)\n")
    }

    /// A line on standard error that tells how things are.
    package static func note(_ message: String) {
        let isJSON = self.speaksJSON.load(ordering: .relaxed)
        self.writeError(
            isJSON ? JSONLogHandler.line(level: "notice", logger: self.program, message: message) : message + "\n")
    }

    package static var errorIsTerminal: Bool { isatty(2) != 0 }

    /// Whether this process belongs to a terminal that is still there.
    package static var hasTerminal: Bool {
        let file = open("/dev/tty", O_RDONLY | O_NOCTTY | O_NONBLOCK)
        guard file >= 0 else { return false }
        close(file)
        return true
    }

    /// Colors of a terminal.
    package enum Color: String {
        case red = "31"
        case green = "32"
        case yellow = "33"
        case cyan = "36"
        case dim = "2"
    }

    /// For standard error: only where that is a terminal, and https://no-color.org does not forbid it.
    package static func paint(_ text: String, _ color: Color) -> String {
        let forbidden = ProcessInfo.processInfo.environment["NO_COLOR"].map { !$0.isEmpty } ?? false
        return self.errorIsTerminal && !forbidden ? self.force(text, color) : text
    }

    /// Whatever the terminal.
    package static func force(_ text: String, _ color: Color) -> String {
        "\u{1b}[\(color.rawValue)m\(text)\u{1b}[0m"
    }

    private static func write(_ text: String, to file: Int32) {
        var text = text
        text.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)[...]
            while !rest.isEmpty {
                #if canImport(Glibc)
                    let count = Glibc.write(file, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                #elseif canImport(Darwin)
                    let count = Darwin.write(file, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                #elseif canImport(Musl)
                    let count = Musl.write(file, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                #endif
                if count < 0 && errno == EINTR { continue }
                // Nobody reads any more, or the disk is full: there is nobody to tell.
                guard count > 0 else { return }
                rest = rest.dropFirst(count)
            }
        }
    }
}
