package import Foundation

/// A line of a prompts file.
package struct CheckPrompt: Sendable {
    package let text: String
    package let domain: String
    /// File and line.
    package let place: String

    package init(text: String, domain: String, place: String) {
        self.text = text
        self.domain = domain
        self.place = place
    }

    private struct Line: Decodable {
        var prompt: String
        var domain: String?
    }

    /// - Throws: when a file is missing, or a line is not a prompt; the message names file and line.
    package static func read(_ files: [String], limit: Int?) throws(CommandError) -> [Self] {
        var prompts: [Self] = []
        for file in files {
            guard FileManager.default.fileExists(atPath: file) else {
                throw CommandError(.missingFile, "no prompts file at \(file)")
            }
            guard let data = FileManager.default.contents(atPath: file) else {
                throw CommandError(.missingFile, "the prompts file \(file) cannot be read")
            }
            prompts += try Self.read(data, file: file)
        }
        guard !prompts.isEmpty else {
            throw CommandError(.badData, "there are no prompts in \(files.joined(separator: ", "))")
        }
        return Array(prompts.prefix(limit ?? .max))
    }

    /// - Parameter file: what the lines are named after.
    package static func read(_ data: Data, file: String) throws(CommandError) -> [Self] {
        var prompts: [Self] = []
        let lines = data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() where line.contains(where: { $0 > UInt8(ascii: " ") }) {
            prompts.append(try Self(Data(line), place: "\(file):\(index + 1)"))
        }
        return prompts
    }

    private init(_ line: Data, place: String) throws(CommandError) {
        func bad(_ reason: String) -> CommandError {
            CommandError(.badData, "\(place): \(reason); a line is {\"prompt\": \"...\", \"domain\": \"...\"}")
        }

        let object: Line
        do {
            object = try JSONDecoder().decode(Line.self, from: line)
        } catch DecodingError.keyNotFound {
            throw bad("there is no \"prompt\"")
        } catch DecodingError.typeMismatch, DecodingError.valueNotFound {
            throw bad("this is not an object with texts")
        } catch {
            throw bad("this is not JSON")
        }
        guard !object.prompt.isEmpty else { throw bad("the prompt is empty") }
        self.text = object.prompt
        self.domain = object.domain ?? ""
        self.place = place
    }
}
