internal import Hummingbird
internal import Logging
internal import NIOCore

/// What is known of a request while it is answered.
struct GatewayContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel
    /// Of this request, for people who look for it in the log.
    let requestID: String
    /// Whose rate counts: a number of a key, or an address.
    var client: String

    init(source: ApplicationRequestContextSource) {
        self.coreContext = CoreRequestContextStorage(source: source)
        self.channel = source.channel
        // A log that keeps nothing has none.
        self.requestID = source.logger[metadataKey: "hb.request.id"].map { "\($0)" } ?? "\(RequestID())"
        self.client = source.channel.remoteAddress?.ipAddress ?? ""
    }

    var maxUploadSize: Int { 0 }
}
