import Foundation
import NIOCore
import NIOPosix
import Synchronization

/// A server that speaks OpenAI's protocol as far as a load test sees it, and does what the prompts tell it.
///
/// A prompt is a list such as `first=100 gap=10 tokens=8 mode=cut`: milliseconds until the first token and between
/// tokens; `per` tokens an event; `mode` one of the faults below. It writes every byte itself, and keeps a log of when
/// it sent what.
final class FakeOpenAIServer: Sendable {
    /// A text as it was sent.
    struct Sent: Sendable {
        var received: ContinuousClock.Instant
        /// Of each event with text.
        var events: [ContinuousClock.Instant] = []
        var ended: ContinuousClock.Instant?
        var tokens = 0
        var isOff = false
    }

    struct Options: Sendable {
        var key: String?
        /// Whether it knows our extension; without speculation it is then half as fast.
        var isForetoken = false
        /// That requests which come at a time have to wait, by when they come after the first.
        var stall: Range<Duration>?
    }

    let url: String
    private let channel: any Channel
    private let log: SentLog

    init(_ options: Options = Options()) async throws {
        let log = SentLog()
        self.log = log
        self.channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(FakeOpenAIHandler(options, log))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        self.url = "http://127.0.0.1:\(self.channel.localAddress?.port ?? 0)"
    }

    deinit {
        self.channel.close(promise: nil)
    }

    /// What was sent to the load test, its first question after a single token left out.
    var sent: [Sent] { self.log.texts.withLock { $0.filter { $0.tokens != 1 } } }

    /// Seconds by which the latest of its events came after their times: for as long a machine that is busy keeps
    /// whoever waits for something from it.
    var lateness: Double { self.log.lateness.withLock { $0 / .seconds(1) } }
}

final class SentLog: Sendable {
    let texts = Mutex<[FakeOpenAIServer.Sent]>([])
    let lateness = Mutex(Duration.zero)
}

/// Answers the requests of one connection.
private final class FakeOpenAIHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let options: FakeOpenAIServer.Options
    private let log: SentLog
    private var bytes: [UInt8] = []

    init(_ options: FakeOpenAIServer.Options, _ log: SentLog) {
        self.options = options
        self.log = log
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.bytes += Array(self.unwrapInboundIn(data).readableBytesView)
        guard let head = self.bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { return }
        let lines = String(decoding: self.bytes[..<head.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
        let length = lines.first { $0.lowercased().hasPrefix("content-length:") }
            .flatMap { Int($0.dropFirst(15).trimmingCharacters(in: .whitespaces)) }
        guard self.bytes.count >= head.upperBound + (length ?? 0) else { return }
        let body = Data(self.bytes[head.upperBound...].prefix(length ?? 0))
        self.bytes.removeFirst(head.upperBound + (length ?? 0))
        self.answer(lines, body, Answer(channel: context.channel, log: self.log))
    }

    private func answer(_ lines: [String], _ body: Data, _ answer: Answer) {
        if let key = self.options.key, !lines.contains("Authorization: Bearer \(key)") {
            return answer.whole("401 Unauthorized", #"{"error":{"message":"no such key"}}"#)
        }
        if lines[0].hasPrefix("GET /v1/models") { return answer.whole("200 OK", #"{"data":[{"id":"fake"}]}"#) }
        guard lines[0].hasPrefix("POST /v1/completions") || lines[0].hasPrefix("POST /v1/chat/completions"),
            let request = try? Request(body)
        else { return answer.whole("404 Not Found", "nothing here") }
        answer.stream(request, self.options)
    }
}

private struct Request: Decodable {
    struct Message: Decodable { var content: String }
    struct Extension: Decodable { var lookahead: String }

    var prompt: String?
    var messages: [Message]?
    var maxTokens: Int
    var foretoken: Extension?

    init(_ body: Data) throws {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        self = try decoder.decode(Self.self, from: body)
    }

    /// What the prompt says, by name.
    var script: [String: String] {
        let words = (self.prompt ?? self.messages?.first?.content ?? "").split(separator: " ")
        return Dictionary(
            words.map { $0.split(separator: "=", maxSplits: 1).map(String.init) }.filter { $0.count == 2 }
                .map { ($0[0], $0[1]) }, uniquingKeysWith: { $1 })
    }
}

/// Writes one answer, at its times.
private struct Answer: Sendable {
    let channel: any Channel
    let log: SentLog

    func whole(_ status: String, _ body: String, type: String = "application/json") {
        self.write(
            "HTTP/1.1 \(status)\r\nContent-Type: \(type)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
    }

    func stream(_ request: Request, _ options: FakeOpenAIServer.Options) {
        let script = request.script
        func number(_ name: String, _ standard: Int) -> Int { script[name].flatMap { Int($0) } ?? standard }

        let isOff = request.foretoken?.lookahead == "off"
        let tokens = min(number("tokens", 4), request.maxTokens)
        let now = ContinuousClock.now
        let index = self.log.texts.withLock { texts in
            texts.append(.init(received: now, tokens: tokens, isOff: isOff))
            return texts.count - 1
        }
        switch script["mode"] {
        case "garbage":
            self.write("this is no HTTP at all\r\n\r\n")
            return
        case "silent": return
        case "html": return self.whole("200 OK", "<p>hello</p>", type: "text/html")
        case let mode? where Int(mode) != nil:
            return self.whole("\(mode) Status", #"{"error":{"message":"asked for"}}"#)
        default: break
        }

        var time = Duration.milliseconds(number("first", 20))
        if let stall = options.stall, let begin = self.log.texts.withLock({ $0.first { $0.tokens != 1 }?.received }) {
            let at = now - begin
            if stall.contains(at) { time += stall.upperBound - at }
        }
        let slow = options.isForetoken && isOff ? 2 : 1
        let per = number("per", 1)
        self.write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        for begin in stride(from: 0, to: tokens, by: per) {
            let count = min(per, tokens - begin)
            let text = String(repeating: "word ", count: count)
            let isLast = begin + count == tokens
            self.later(time) {
                if script["mode"] == "cut" && begin > 0 { return $0.channel.close(promise: nil) }
                if script["mode"] == "broken" && begin > 0 { $0.event("{this is broken") }
                if script["mode"] == "named" && begin > 0 { $0.event(#"{"message":"boom"}"#, name: "error") }
                if script["mode"] == "error" && begin > 0 { $0.event(#"{"error":{"message":"lost the model"}}"#) }
                $0.log.texts.withLock { $0[index].events.append(.now) }
                $0.event(
                    #"{"choices":[{"text":"\#(text)","delta":{},"finish_reason":null}]}"#)
                if isLast { $0.end(request, script, tokens, isForetoken: options.isForetoken, index) }
            }
            time += .milliseconds(number("gap", 5) * slow)
        }
    }

    private func end(_ request: Request, _ script: [String: String], _ tokens: Int, isForetoken: Bool, _ index: Int) {
        let mode = script["mode"]
        let usage = mode == "nousage" ? "null" : #"{"completion_tokens":\#(tokens)}"#
        let counters =
            #"{"generated_tokens":\#(tokens),"target_passes":2,"rounds":2,"draft_tokens":4,"accepted_tokens":3}"#
        let part = isForetoken && request.foretoken != nil ? #","foretoken":{"statistics":\#(counters)}"# : ""
        if mode != "early" {
            if mode != "endless" {
                self.event(#"{"choices":[{"text":"","finish_reason":"length"}],"usage":\#(usage)\#(part)}"#)
            }
            self.event("[DONE]")
        }
        self.log.texts.withLock { $0[index].ended = .now }
        self.write("0\r\n\r\n")
    }

    private func event(_ data: String, name: String? = nil) {
        let event = (name.map { "event: \($0)\n" } ?? "") + "data: \(data)\n\n"
        self.write("\(String(event.utf8.count, radix: 16))\r\n\(event)\r\n")
    }

    private func later(_ time: Duration, _ body: @escaping @Sendable (Answer) -> Void) {
        let due = ContinuousClock.now + time
        _ = self.channel.eventLoop.scheduleTask(in: .nanoseconds(Int64(time / .nanoseconds(1)))) {
            self.log.lateness.withLock { $0 = max($0, .now - due) }
            body(self)
        }
    }

    private func write(_ text: String) {
        self.channel.writeAndFlush(ByteBuffer(string: text), promise: nil)
    }
}
