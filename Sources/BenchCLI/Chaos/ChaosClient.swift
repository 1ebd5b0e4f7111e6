import Foretoken
import Foundation
import Measurement
import OpenAIClient
import Speculation
import Synchronization

/// Asks for one text after the other, and records what comes.
struct ChaosClient: Sendable {
    let number: Int
    let way: ChaosRequest.Way
    let texts: [ChaosText]
    let seed: UInt64
    let recorder: HistoryRecorder

    /// With the SDK.
    ///
    /// - Parameter isOver: whether no further text is to be begun.
    func run(with client: ForetokenClient, until isOver: @Sendable () -> Bool) async {
        await self.run(until: isOver) { request, text in await self.ask(client, request, text) }
    }

    /// Over HTTP.
    func run(with servers: ResumingClient, model: String, until isOver: @Sendable () -> Bool) async {
        await self.run(until: isOver) { request, text in await self.ask(servers, model, request, text) }
    }

    private func run(
        until isOver: @Sendable () -> Bool, ask: (ChaosRequest, ChaosText) async -> ChaosEnd
    ) async {
        var load = ChaosLoad(texts: self.texts, client: self.number, way: self.way, seed: self.seed)
        while !isOver(), !Task.isCancelled {
            let request = load.next(id: self.recorder.nextRequest())
            self.recorder.record(.request(request))
            let end = await ask(request, self.texts[request.text])
            // A campaign that is cut short leaves its last requests open.
            if Task.isCancelled { return }
            self.recorder.record(.end(end))
        }
    }

    private func ask(_ client: ForetokenClient, _ request: ChaosRequest, _ text: ChaosText) async -> ChaosEnd {
        let options = GenerationOptions(
            maxTokens: text.maxTokens, temperature: text.temperature, seed: text.seed, stop: text.stop,
            lookahead: request.rule)
        var (index, together) = (0, [Token]())
        func arrive() {
            guard !together.isEmpty else { return }
            self.recorder.record(.tokens(.init(request: request.id, index: index, tokens: together)))
            index += together.count
            together = []
        }

        var end = ChaosEnd(request: request.id, status: "OK")
        do throws(ForetokenError) {
            let generation = try await client.generate(
                text.prompt, options: options, timeout: request.timeout.map { .seconds($0) })
            defer { end.resumptions = generation.statistics.resumptions }
            for try await piece in generation {
                together.append(piece.token)
                end.text += piece.text
                // Tokens of a pass come together; its last one is not a draft's.
                if piece.origin != .accepted { arrive() }
                if let most = request.cancelAfter, index + together.count > most {
                    arrive()
                    end.status = "CANCELLED"
                    return end
                }
            }
            arrive()
        } catch {
            arrive()
            (end.status, end.message) = (error.code.rawValue, error.description)
        }
        return end
    }

    private func ask(
        _ servers: ResumingClient, _ model: String, _ request: ChaosRequest, _ text: ChaosText
    ) async -> ChaosEnd {
        var asked = CompletionRequest(
            model: model, prompt: text.prompt, isChat: false, maxTokens: text.maxTokens, temperature: text.temperature,
            seed: text.seed, lookahead: request.rule.isEmpty ? nil : request.rule)
        asked.stop = text.stop
        let index = Mutex(0)
        let completion = await servers.stream(asked, timeout: .seconds(60)) { arrival in
            index.withLock { index in
                self.recorder.record(.tokens(.init(request: request.id, index: index, tokens: arrival.tokens)))
                index += arrival.tokens.count
            }
        }
        return ChaosEnd(
            request: request.id, status: completion.error?.kind ?? "OK", message: completion.error?.description ?? "",
            text: completion.text, resumptions: completion.resumptions)
    }
}
