/// Runs `body` with a client that is connected, and closes the client when `body` is over, however it ends.
///
/// Generations that are still under way then end with `CANCELLED`, and their slots are free again.
///
/// ```swift
/// try await withForetokenClient(address: "tcp://127.0.0.1:7000") { client in
///     print(try await client.complete("Once upon a time").text)
/// }
/// ```
///
/// - Parameters:
///   - address: of a coordinator, such as `tcp://127.0.0.1:7000`; or of several, with commas between.
///   - keys: the directory with this client's key and the list of members; `nil`: none, and so on this machine only.
///   - insecure: whether coordinators of other machines are reached without keys.
///   - isolation: where `body` runs: where the caller does.
///   - body: what to do with the client.
/// - Returns: what `body` does.
/// - Throws: what `ForetokenClient.connect(timeout:)` throws, and what `body` throws.
public func withForetokenClient<Result>(
    address: String, keys: String? = nil, insecure: Bool = false,
    isolation: isolated (any Actor)? = #isolation,
    _ body: (ForetokenClient) async throws -> Result
) async throws -> Result {
    try await withForetokenClient(ForetokenClient(address: address, keys: keys, insecure: insecure), body)
}

/// Does the same with a client of several coordinators that stand in for each other.
public func withForetokenClient<Result>(
    addresses: [String], keys: String? = nil, insecure: Bool = false,
    isolation: isolated (any Actor)? = #isolation,
    _ body: (ForetokenClient) async throws -> Result
) async throws -> Result {
    try await withForetokenClient(ForetokenClient(addresses: addresses, keys: keys, insecure: insecure), body)
}

/// Does the same with a client that is given.
package func withForetokenClient<Result>(
    _ client: ForetokenClient, isolation: isolated (any Actor)? = #isolation,
    _ body: (ForetokenClient) async throws -> Result
) async throws -> Result {
    do {
        try await client.connect()
        let result = try await body(client)
        await client.close()
        return result
    } catch {
        await client.close()
        throw error
    }
}
