package import Foundation
import Yams

/// A file of options as it is written, before it is known which options there are.
///
/// It is a mapping of YAML: options, and sections of options. Anchors are refused, so that a small file cannot stand for
/// a large one.
package struct ConfigurationFile: Sendable {
    package struct Value: Sendable, Equatable {
        package let text: String
        package let line: Int
    }

    package struct Entry: Sendable, Equatable {
        package let key: String
        package let line: Int
        package let values: [Value]
        package let isList: Bool
    }

    package struct Section: Sendable, Equatable {
        package let name: String
        package let line: Int
        package let entries: [Entry]
    }

    /// What the file is called in faults.
    package let name: String
    /// What stands outside of all sections.
    package private(set) var shared: [Entry] = []
    package private(set) var sections: [Section] = []
    /// What can be told without knowing any option.
    package private(set) var faults: [ConfigurationFault] = []

    /// Bytes of a file at most.
    package static let mostBytes = 1 << 20
    /// Values of a list at most.
    package static let mostValues = 1024
    /// Most duplicate keys that are told at once: for each the file is read again.
    private static let mostDuplicates = 8
    /// Marks the first of two equal keys, of which YAML allows one. It is no letter of any alphabet.
    private static let mark: Unicode.Scalar = "\u{f8ff}"

    /// - Throws: where there is no such file, or it is too large.
    package init(path: String) throws(CommandError) {
        guard let handle = FileHandle(forReadingAtPath: path) else {
            let isThere = FileManager.default.fileExists(atPath: path)
            throw CommandError(
                .missingFile,
                isThere ? "the configuration file \(path) cannot be read" : "no configuration file at \(path)")
        }
        var data = Data()
        do {
            while data.count <= Self.mostBytes,
                let more = try handle.read(upToCount: Self.mostBytes + 1 - data.count), !more.isEmpty
            {
                data += more
            }
        } catch {
            throw CommandError(.missingFile, "the configuration file \(path) cannot be read")
        }
        guard data.count <= Self.mostBytes else {
            throw CommandError(.badData, "the configuration file \(path) is larger than \(Self.mostBytes) bytes")
        }
        self.init(data, name: path)
    }

    /// - Parameter name: what it is called in faults.
    package init(_ data: Data, name: String) {
        self.name = name
        self.read(data)
        self.faults.sort(by: ConfigurationFault.isBefore)
    }

    private mutating func read(_ data: Data) {
        guard let text = String(data: data, encoding: .utf8) else {
            return self.fault(1, "the file is not UTF-8 text")
        }
        guard !text.unicodeScalars.contains(Self.mark) else { return self.fault(1, "the file holds U+F8FF") }
        if let place = Self.firstAnchor(in: text) {
            return self.fault(
                place.line, column: place.column,
                "an & before a name begins an anchor of YAML, and these are not taken: write out what it stands for")
        }
        if let root = self.root(of: text) { self.take(root) }
    }

    private mutating func fault(_ line: Int, column: Int? = nil, option: String? = nil, _ reason: String) {
        self.faults.append(
            ConfigurationFault(.file(self.name, line: line, column: column), option: option, reason))
    }

    // MARK: YAML

    /// Where the first `&` stands that may begin an anchor: one before a letter, and not behind one.
    private static func firstAnchor(in text: String) -> (line: Int, column: Int)? {
        func isOfWord(_ byte: UInt8) -> Bool {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
        var (line, column) = (1, 1)
        var isInWord = false
        var isBegun = false
        for byte in text.utf8 {
            if isBegun, isOfWord(byte) { return (line, column - 1) }
            isBegun = byte == UInt8(ascii: "&") && !isInWord
            isInWord = isOfWord(byte)
            if byte == UInt8(ascii: "\n") { (line, column) = (line + 1, 1) } else { column += 1 }
        }
        return nil
    }

    /// Reads until no key stands twice: the first of two is marked, and told by `take`.
    private mutating func root(of text: String) -> Node? {
        var text = text
        for _ in 0...Self.mostDuplicates {
            do {
                return try Parser(yaml: text, resolver: .basic, encoding: .utf8).singleRoot()
            } catch YamlError.duplicatedKeysInMapping(let keys, let context) {
                let key = keys.first ?? ""
                self.fault(context.mark.line, option: key, "stands more than once; keep one")
                guard let place = Self.index(of: context.mark, in: text) else { return nil }
                // Marked keys must not be equal either.
                text.insert(contentsOf: "\(Self.mark)\(self.faults.count)", at: place)
            } catch {
                // What is read behind a mark of ours need not be what was written.
                if self.faults.isEmpty { self.syntax(error) }
                return nil
            }
        }
        return nil
    }

    private static func index(of mark: Mark, in text: String) -> String.Index? {
        var (line, column) = (1, 1)
        var last: Unicode.Scalar = " "
        for (index, scalar) in zip(text.unicodeScalars.indices, text.unicodeScalars) {
            if line == mark.line, column == mark.column { return index }
            switch scalar {
            case "\n" where last == "\r": break
            case "\n", "\r", "\u{85}", "\u{2028}", "\u{2029}": (line, column) = (line + 1, 1)
            default: column += 1
            }
            last = scalar
        }
        return nil
    }

    private mutating func syntax(_ error: any Error) {
        switch error {
        case YamlError.scanner(let context, let problem, let mark, _),
            YamlError.parser(let context, let problem, let mark, _),
            YamlError.composer(let context, let problem, let mark, _):
            let context = context.map { "\($0.text) of line \($0.mark.line), " } ?? ""
            self.fault(mark.line, column: mark.column, "this is not YAML: \(context)\(problem)")
        case YamlError.reader(let problem, let offset, _, let yaml):
            let before = yaml.prefix(offset ?? 0)
            self.fault(1 + before.count { $0.isNewline }, "this is not YAML: \(problem)")
        default:
            self.fault(1, "this is not YAML: \(error)")
        }
    }

    // MARK: Options

    private mutating func take(_ root: Node) {
        guard case .mapping(let mapping) = root else {
            if case .scalar(let scalar) = root, Self.isNothing(scalar) { return }
            return self.fault(
                root.mark?.line ?? 1, "these are not options: write each in a line of its own, as listen: tcp://…")
        }
        for (key, value) in mapping {
            guard let (name, line) = self.key(key) else { continue }
            if case .mapping(let section) = value {
                var entries: [Entry] = []
                for (key, value) in section {
                    guard let (name, line) = self.key(key) else { continue }
                    if let entry = self.entry(name, line, value) { entries.append(entry) }
                }
                self.sections.append(Section(name: name, line: line, entries: entries))
            } else if case .scalar(let scalar) = value, Self.isNothing(scalar) {
                // A section of which nothing is left, or an option without a value.
                self.sections.append(Section(name: name, line: line, entries: []))
            } else if let entry = self.entry(name, line, value) {
                self.shared.append(entry)
            }
        }
    }

    /// - Returns: `nil` where it cannot be an option's name, or stands again further down.
    private mutating func key(_ node: Node) -> (name: String, line: Int)? {
        let line = node.mark?.line ?? 1
        guard case .scalar(let scalar) = node else {
            self.fault(line, "this is not an option's name")
            return nil
        }
        return scalar.string.unicodeScalars.first == Self.mark ? nil : (scalar.string, line)
    }

    private mutating func entry(_ key: String, _ line: Int, _ value: Node) -> Entry? {
        switch value {
        case .scalar(let scalar):
            guard let value = self.value(scalar, of: key, line) else { return nil }
            return Entry(key: key, line: line, values: [value], isList: false)
        case .sequence(let sequence):
            guard sequence.count <= Self.mostValues else {
                self.fault(line, option: key, "has more than \(Self.mostValues) values")
                return nil
            }
            var values: [Value] = []
            for node in sequence {
                guard case .scalar(let scalar) = node else {
                    self.fault(node.mark?.line ?? line, option: key, "each value of a list is a text or a number")
                    continue
                }
                if let value = self.value(scalar, of: key, line) { values.append(value) }
            }
            return Entry(key: key, line: line, values: values, isList: true)
        case .mapping, .alias:
            self.fault(line, option: key, "takes a value, and has options of its own here")
            return nil
        }
    }

    private mutating func value(_ scalar: Node.Scalar, of key: String, _ line: Int) -> Value? {
        let line = scalar.mark?.line ?? line
        guard !Self.isNothing(scalar) else {
            self.fault(line, option: key, "has no value; leave the line out to have the default")
            return nil
        }
        return Value(text: scalar.string, line: line)
    }

    private static func isNothing(_ scalar: Node.Scalar) -> Bool {
        scalar.style == .plain && ["", "~", "null"].contains(scalar.string)
    }
}
