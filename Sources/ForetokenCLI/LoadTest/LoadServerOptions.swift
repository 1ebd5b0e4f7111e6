import ArgumentParser
import CommandSupport
import Foretoken
import ForetokenGateway
import ForetokenWire
import Measurement
import OpenAIClient

/// The server that a load test is about.
struct LoadServerOptions: ParsableArguments {
    @Option(help: .init("A coordinator, over our own protocol, as tcp://HOST:7000.", valueName: "address"))
    var connect: String?

    @Option(
        help: .init(
            "A server that speaks OpenAI's protocol, as http://HOST:8080; /v1 follows where there is no path.",
            valueName: "url"),
        transform: { try Self.parse($0) })
    var url: OpenAIAddress?

    @Option(help: .init("The model to ask, with --url. (default: the first that the server names)", valueName: "name"))
    var model: String?

    @Option(
        help: .init(
            "A file whose first API key is sent, with --url; as a server's: one a line, # begins a comment.",
            valueName: "file"))
    var apiKeyFile: String?

    @Flag(help: "Send prompts as messages of a chat, with --url.")
    var chat = false

    @OptionGroup
    var security: SecurityOptions

    func validate() throws {
        switch (self.connect, self.url) {
        case (nil, nil):
            throw ValidationError("there is no server: give --connect tcp://HOST:7000 or --url http://HOST:8080")
        case (_?, _?): throw ValidationError("--connect and --url exclude each other")
        case (_?, nil):
            let option = self.model != nil ? "--model" : self.apiKeyFile != nil ? "--api-key-file" : "--chat"
            if self.model != nil || self.apiKeyFile != nil || self.chat {
                throw ValidationError("\(option) goes with --url only")
            }
        default: break
        }
    }

    /// Makes sure that the server answers, and runs `body` with it.
    ///
    /// - Returns: what `body` did; where the requests went, and the model where that has a name.
    func withTarget<Result>(
        _ texts: LoadTexts, _ body: (any LoadTarget) async throws -> Result
    ) async throws -> (Result, address: String, model: String?) {
        guard let url else {
            let client = ForetokenClient(address: self.connect!, network: try self.security.network(.client))
            do {
                try await ClientOptions.connect(client, self.security)
                let result = try await body(CoordinatorTarget(client: client, texts: texts))
                await client.close()
                return (result, self.connect!, nil)
            } catch {
                await client.close()
                throw error
            }
        }
        let client = OpenAIClient(url, key: try self.readKey())
        let model: String
        if let given = self.model {
            model = given
        } else {
            model = try await self.firstModel(client, url)
        }
        let target = OpenAITarget(client: client, model: model, isChat: self.chat, texts: texts)
        try await self.probe(target, texts, url)
        return (try await body(target), url.description, model)
    }

    private func firstModel(_ client: OpenAIClient, _ url: OpenAIAddress) async throws(CommandError) -> String {
        let models: [String]
        do throws(OpenAIError) {
            models = try await client.models(timeout: .seconds(30))
        } catch {
            throw self.explain(error, url, "\(url)/models")
        }
        guard let model = models.first else {
            throw CommandError(.unavailable, "\(url) serves no model: give one, or its name with --model")
        }
        return model
    }

    /// Asks for one token, so that what cannot work ends before the load does.
    private func probe(_ target: OpenAITarget, _ texts: LoadTexts, _ url: OpenAIAddress) async throws(CommandError) {
        let lookahead = texts.isComparison ? "off" : texts.lookahead
        let request = target.request(prompt: 0, maxTokens: 1, seed: texts.seed, lookahead: lookahead)
        let answer = await target.client.stream(request, timeout: texts.timeout) { _ in }
        if let error = answer.error {
            throw self.explain(error, url, "\(url)\(self.chat ? "/chat" : "")/completions")
        }
        if lookahead != nil && !answer.isForetoken {
            throw CommandError(
                .protocolMismatch,
                "\(url) does not know our extension of the protocol (no \"foretoken\" in its answer), by which "
                    + "\(texts.isComparison ? "--compare switches speculation off" : "--lookahead is asked for"): "
                    + "measure it without")
        }
    }

    private func explain(_ error: OpenAIError, _ url: OpenAIAddress, _ place: String) -> CommandError {
        switch error {
        case .unreachable(let reason):
            CommandError(.unavailable, "nobody answers at \(url.description) (\(reason)): is the server running there?")
        case .status(401, _), .status(403, _):
            CommandError(
                .protocolMismatch,
                self.apiKeyFile.map { "\(place) refuses the key in \($0) (\(error))" }
                    ?? "\(place) asks for a key: give it with --api-key-file (\(error))")
        case .status(404, _):
            CommandError(
                .protocolMismatch,
                "\(place) is not there (\(error)): is this OpenAI's protocol, the path of --url, and the --model right?"
            )
        case .status(429, _), .status(503, _), .timedOut, .silent, .leaving:
            CommandError(.tryAgain, "\(place) is busy (\(error)): try again later")
        case .status(400..<500, _): CommandError(.badData, "\(place) does not take the first prompt: \(error)")
        case .noHTTP, .unexpected, .endedEarly:
            CommandError(.protocolMismatch, "\(place) does not speak OpenAI's protocol: \(error)")
        case .cancelled: CommandError(.interrupted, "interrupted")
        case .status, .inStream, .connectionLost: CommandError(.unavailable, "\(place) fails: \(error)")
        }
    }

    private func readKey() throws(CommandError) -> String? {
        guard let file = self.apiKeyFile else { return nil }
        let key = try APIKeys(file: file).first
        guard key.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
            throw CommandError(.badData, "the first key in \(file) holds other than visible characters of ASCII")
        }
        return key
    }

    private static func parse(_ text: String) throws -> OpenAIAddress {
        do {
            return try OpenAIAddress(text)
        } catch {
            throw ValidationError("--url: \(error)")
        }
    }
}
