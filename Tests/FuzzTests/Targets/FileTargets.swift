import CommandSupport
import Foundation
import Simulation

/// Files that others may have made.
extension FuzzTarget {
    private static func lines(_ size: Int, _ lines: [String], before: String = "") -> [[UInt8]] {
        lines.map { Array((before + String(repeating: $0, count: max(1, size / $0.utf8.count))).utf8) }
    }

    static let prompts = FuzzTarget(
        "prompts",
        stretch: {
            Self.lines($0, ["{\"prompt\":\"a\"}\n", "\n", " ", "[", "{\"prompt\":\"a\",\"domain\":\"b\"} "])
        }
    ) { bytes throws(Broken) in
        guard let prompts = try? CheckPrompt.read(Data(bytes), file: "file") else { return false }
        for prompt in prompts {
            try must(!prompt.text.isEmpty, "a prompt is empty")
            try must(prompt.place.hasPrefix("file:"), "a prompt is nowhere")
        }
        return true
    }

    private static let traceHead =
        #"{"format":"foretoken-trace","version":2,"target":"t","draft":"d","temperature":0,"seed":1,"#
        + #""endTokens":[0],"beyond":2}"# + "\n"

    static let trace = FuzzTarget(
        "trace",
        stretch: {
            Self.lines($0, ["{\"texts\":1}\n", "\n", "{}\n", "["])
                + Self.lines(
                    $0,
                    [
                        #"{"domain":"","prompt":"","promptTokens":1,"tokens":[1,2],"drafted":[[1,1,0,1,0],[1,1,0,1,0]],"#
                            + #""beyond":{}}"# + "\n", "\n", "{\"texts\":1}\n",
                    ], before: Self.traceHead)
        }
    ) { bytes throws(Broken) in
        guard let trace = try? Trace(Data(bytes)) else { return false }
        for text in trace.texts {
            try must(text.runs.count == text.tokens.count, "\(text.runs.count) runs of \(text.tokens.count) tokens")
        }
        var data = Trace.line(trace.header)
        for text in trace.texts { data += Trace.line(text) }
        data += Trace.lastLine(texts: trace.texts.count)
        guard let again = try? Trace(data) else { throw Broken("what was read is written so that it cannot be read") }
        try must(again.header == trace.header, "the header is read in two ways")
        try must(again.texts.count == trace.texts.count, "there are other texts")
        return true
    }

    static let configuration = FuzzTarget(
        "configuration",
        stretch: {
            Self.lines($0, ["a: b\n", "\n", "[", "{", "- ", "? ", "a: [", "\"", "# a\n", "!!a ", "a\u{300}", "| \n"])
                + Self.lines($0, ["- b\n"], before: "a:\n") + Self.lines($0, ["a,"], before: "b: {")
        }
    ) { bytes throws(Broken) in
        let file = ConfigurationFile(Data(bytes), name: "file")
        for fault in file.faults {
            let text = fault.description
            try must(text.hasPrefix("file:"), "a fault is nowhere: \(text)")
            try must(!text.contains(where: \.isNewline) && text.utf8.count < 2500, "a fault is no line: \(text)")
        }
        let entries = file.shared + file.sections.flatMap(\.entries)
        for entry in entries {
            let lines = [entry.line] + entry.values.map(\.line)
            try must(lines.allSatisfy { (1...bytes.count + 1).contains($0) }, "\(entry.key) is in no line of the file")
            try must(entry.isList || entry.values.count == 1, "\(entry.key) is no list, and has no single value")
            try must(entry.values.count <= ConfigurationFile.mostValues, "\(entry.key) has too many values")
        }
        return file.faults.isEmpty && !entries.isEmpty
    }

    static let costs = FuzzTarget(
        "costs", stretch: { Self.lines($0, ["[1,1],", "["], before: #"{"name":"a","draftToken":1,"pass":["#) }
    ) { bytes throws(Broken) in
        guard let costs = try? Costs(Data(bytes)) else { return false }
        try must((try? Costs(costs.data)) != nil, "what was read is written so that it cannot be read")
        return true
    }
}
