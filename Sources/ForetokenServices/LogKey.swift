internal import ForetokenWire
internal import Logging

/// The keys of all log metadata. Messages are constant; what varies stands under a key, and no key holds a prompt.
enum LogKey: String {
    case address, agreeing, call, code, count, distance, draft, error, exact, gain, lookahead, peer, price, reason
    case reused, role, sequence, slot, surplus, target, tokens
    case request = "request_id"
    case span = "span_id"
    case trace = "trace_id"
}

extension Logger {
    /// With what a request is known by, where it is known by anything.
    func naming(_ names: RequestNames) -> Logger {
        var logger = self
        if let id = names.id { logger[metadataKey: LogKey.request.rawValue] = "\(id)" }
        if let trace = names.trace {
            logger[metadataKey: LogKey.trace.rawValue] = "\(trace.traceID)"
            logger[metadataKey: LogKey.span.rawValue] = "\(trace.spanID)"
        }
        return logger
    }

    func debug(_ message: Message, _ values: KeyValuePairs<LogKey, String>) {
        self.debug(message, metadata: metadata(values))
    }

    func info(_ message: Message, _ values: KeyValuePairs<LogKey, String>) {
        self.info(message, metadata: metadata(values))
    }

    func warning(_ message: Message, _ values: KeyValuePairs<LogKey, String>) {
        self.warning(message, metadata: metadata(values))
    }

    func error(_ message: Message, _ values: KeyValuePairs<LogKey, String>) {
        self.error(message, metadata: metadata(values))
    }
}

private func metadata(_ values: KeyValuePairs<LogKey, String>) -> Logger.Metadata {
    Logger.Metadata(uniqueKeysWithValues: values.map { ($0.rawValue, .string($1)) })
}
