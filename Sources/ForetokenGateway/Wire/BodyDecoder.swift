import Foundation

/// Reads a body of JSON, and says what is wrong with it and where.
enum BodyDecoder {
    static func decode<Body: Decodable>(_ type: Body.Type, from data: Data) throws(OpenAIError) -> Body {
        guard String(validating: data, as: UTF8.self) != nil else {
            throw OpenAIError(400, .invalidRequest, "the body is not UTF-8", code: "invalid_utf8")
        }
        do {
            return try JSONDecoder().decode(type, from: data)
        } catch let error as OpenAIError {
            throw error
        } catch DecodingError.dataCorrupted(let context) where context.codingPath.isEmpty {
            throw OpenAIError(
                400, .invalidRequest, "the body is not valid JSON: \(Self.fault(of: data))", code: "invalid_json")
        } catch let error as DecodingError {
            throw OpenAIError(error)
        } catch {
            throw OpenAIError(400, .invalidRequest, "the body cannot be read", code: "invalid_json")
        }
    }

    /// Where it ceases to be JSON, which `JSONDecoder` does not tell.
    private static func fault(of data: Data) -> String {
        do {
            _ = try JSONSerialization.jsonObject(with: data, options: .fragmentsAllowed)
            return "a number in it is too large"
        } catch {
            return (error as NSError).userInfo[NSDebugDescriptionErrorKey] as? String ?? "it cannot be read"
        }
    }
}

extension OpenAIError {
    init(_ error: DecodingError) {
        switch error {
        case .keyNotFound(let key, let context):
            let path = (context.codingPath + [key]).text
            self.init(parameter: path, "'\(path)' is missing", code: "missing_parameter")
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
            self.init(context)
        @unknown default:
            self.init(400, .invalidRequest, "the body cannot be read", code: "invalid_json")
        }
    }

    /// The error for a value that cannot be read.
    private init(_ context: DecodingError.Context) {
        let path = context.codingPath.text
        if path.isEmpty {
            self.init(400, .invalidRequest, "the body is not a JSON object", code: "invalid_type")
        } else {
            self.init(
                parameter: path, "'\(path)' has a wrong type or value: \(context.debugDescription)",
                code: "invalid_type")
        }
    }
}

extension [any CodingKey] {
    /// Such as `messages[0].content`.
    var text: String {
        self.reduce(into: "") { text, key in
            if let index = key.intValue {
                text += "[\(index)]"
            } else {
                text += text.isEmpty ? key.stringValue : ".\(key.stringValue)"
            }
        }
    }
}
