internal import Hummingbird
internal import Logging
internal import NIOCore

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// What is known of a request while it is answered.
struct GatewayContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel
    /// Names this request for people who look for it in logs: the client's own name for it, where it gave one.
    var requestID: String
    /// Another one for every request.
    let ownID: String
    /// Whose rate counts: a number of a key, or an address.
    var client: String

    init(source: ApplicationRequestContextSource) {
        self.coreContext = CoreRequestContextStorage(source: source)
        self.channel = source.channel
        // A log that keeps nothing has none.
        self.ownID = source.logger[metadataKey: "hb.request.id"].map { "\($0)" } ?? "\(RequestID())"
        self.requestID = self.ownID
        self.client = source.channel.remoteAddress?.client ?? ""
    }

    var maxUploadSize: Int { 0 }
}

extension SocketAddress {
    /// Whose rate counts: an address; of IPv6 the first half, since one client has all of the other.
    var client: String {
        let address = self.ipAddress ?? ""
        var bytes = [UInt8](repeating: 0, count: 16)
        // This machine, and IPv4 written as IPv6, have nothing in the first half.
        guard inet_pton(AF_INET6, address, &bytes) == 1, bytes[..<8].contains(where: { $0 != 0 }) else {
            return address
        }
        return "\(bytes[..<8])"
    }
}
